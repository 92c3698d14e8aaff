"""What calls of models cost: prices, the rows of calls, and what a run may still use."""
