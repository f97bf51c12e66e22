"""Numbers as people read them, the same in reasons and on pages. No imports: the API starts without NumPy."""


def times_usual(ratio: float) -> str:
    """5.9×, 34×, 1,204×, 0.4×, 0.03×: two figures where they matter."""
    if ratio >= 9.95:
        return f"{ratio:,.0f}×"
    if ratio >= 0.095 or ratio == 0.0:
        return f"{ratio:.1f}×"
    return f"{ratio:.2f}×" if ratio >= 0.005 else "under 0.01×"
