"""One file, one strategy, one `STRATEGY`: a claim that can lose. No strategy imports another."""

# The sample's 20 large US companies: picked in 2022 out of survivors, so every rule that owns them flatters itself.
US_STOCKS = (
    *("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MRK", "MSFT", "PEP", "PFE", "PG", "RRC", "UNH", "WMT", "XOM"),
)
