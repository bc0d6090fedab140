"""Claims on orders of convergence, and on the diagonal in place of the Hessian."""
