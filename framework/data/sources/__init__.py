"""One module a vendor, behind one protocol."""
