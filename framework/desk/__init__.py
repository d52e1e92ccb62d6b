"""What notebooks see: data, simulation, statistics and ledger joined."""
