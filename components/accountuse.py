"""What an account has used: its calls of this minute and its CPU seconds of today, as meters."""

from collections.abc import Sequence
from datetime import datetime

from fasthtml.common import FT, H3, Div, Meter, P, Span

from app.models import CallBudget, CpuUsage, counted
from components.times import Age, When

# From these parts of a whole on, a meter says that it gets close and that it is nearly full.
CLOSE, NEARLY_FULL = 0.6, 0.85


def CallBudgets(budgets: Sequence[CallBudget], label: str) -> FT:
    """One meter a class, with what waits and why. `label` is what the account is called."""
    return Div(
        H3("API calls this minute"),
        *(_Budget(budget, label) for budget in budgets),
        cls="stack-s",
    )


def _Budget(budget: CallBudget, label: str) -> FT:
    words = f"{budget.used} of {budget.limit}"
    name = f"{budget.name}: calls used by {label} this minute"
    return Div(
        _Row(budget.name, words, "per minute"),
        _Meter(budget.used, budget.limit, words, name),
        _Waiting(budget),
        cls="budget",
    )


def _Waiting(budget: CallBudget) -> FT | None:
    people = "1 person waits" if budget.people == 1 else f"{budget.people} people wait"
    polls = counted(budget.polls, "background call")
    if budget.people and budget.polls:
        waiting = f"{people}, {polls} after that."
    elif budget.people:
        waiting = f"{people}."
    else:
        waiting = f"{polls} wait{'s' if budget.polls == 1 else ''}." if budget.polls else ""
    words = " ".join(part for part in (budget.held, waiting) if part)
    return P(words, cls="hint") if words else None


def CpuMeter(usage: CpuUsage | None, seen_at: datetime | None, now: datetime, label: str) -> FT:
    """The seconds used of those a day has; their age, and when they begin anew."""
    if usage is None:
        return Div(_Row("CPU seconds today", "not read yet", ""), cls="budget")
    words = f"{usage.used_seconds:,.0f} of {usage.limit_seconds:,.0f} s"
    name = f"CPU seconds used by {label} today"
    resets = usage.resets_at
    anew = f"{resets.day} {resets:%b}, {resets:%H:%M} UTC" if resets else ""
    return Div(
        _Row("CPU seconds today", words, ""),
        _Meter(usage.used_seconds, usage.limit_seconds, words, name),
        P(
            Span("Begins anew ", When(resets, anew), "; read ") if resets else "Read ",
            Age(seen_at, now),
            ".",
            cls="hint",
        ),
        cls="budget",
    )


def _Row(name: str, words: str, unit: str) -> FT:
    return Div(
        Span(name, cls="soft"),
        Span(words, Span(f" {unit}", cls="muted") if unit else None, cls="num"),
        cls="row",
    )


def _Meter(used: float, limit: float, words: str, name: str) -> FT | None:
    if limit <= 0:
        return None
    return Meter(
        words,
        min="0",
        max=f"{limit:g}",
        low=f"{limit * CLOSE:g}",
        high=f"{limit * NEARLY_FULL:g}",
        optimum="0",
        value=f"{min(used, limit):g}",
        cls="meter",
        aria_label=name,
    )
