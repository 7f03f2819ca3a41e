"""The demonstration's shop: a storefront of its own, on an origin of its own, that uses Tresen as any customer's shop would.

Reached by `tresen demo` alone. It knows the core by its public interfaces only: REST, the widget's snippet, the token a shop signs. Whoever
embeds Tresen can read it as an example.
"""
