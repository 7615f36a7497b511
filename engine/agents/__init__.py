"""The roles of the paper: one Protocol per role, and the back ends that answer them."""
