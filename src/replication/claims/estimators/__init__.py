"""Claims on the estimators of Appendix A."""
