"""Pages of local pacts: what is read, what is written, the steps, the follow-up."""
