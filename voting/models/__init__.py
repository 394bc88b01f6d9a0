"""The tables of voting, one module per noun."""
