"""The multiverse: the figures' claims under every free choice at once.

`space` holds the ranges and their laws, `universes` draws from them, `explore` runs what is drawn
and `effects` measures it; `atlas` reads the committed tables, `deciding` says which choices count.
"""
