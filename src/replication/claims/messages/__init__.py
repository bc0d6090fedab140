"""Claims on what agents send each other and what it costs them (Sections 1 and 3)."""
