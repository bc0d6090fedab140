"""Claims of Sections 2 and 3 on the game, the operator [.]_m, eq. 7 and the trackers."""
