"""From an opinion to shares: costs, orders, fills, guards. Pure."""
