"""Claims on the estimators of Theorem 1, Section 4 and Appendix A."""
