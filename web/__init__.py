"""The pages, as data: this file exists so that they travel in the wheel and are found by `importlib.resources`. No code lives here."""
