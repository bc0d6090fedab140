"""An experiment with one process an agent (``netnewton agent``): what each agent is given
(`assignments`), where it runs (`launcher`, `acting`), what it records (`parts`), and what is said
when it ends too soon (`last_words`).
"""
