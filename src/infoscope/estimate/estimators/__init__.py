"""The methods: a folder per quantity, a file per method; to add one is to add a file here."""
