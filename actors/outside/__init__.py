"""What is outside of Penstock and no step of a run: programs and addresses that the settings name."""
