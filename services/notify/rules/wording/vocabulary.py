"""Which rule speaks in which words."""

from services.notify.rules.wording.case import Words
from services.notify.rules.wording.data_stale import DATA_STALE
from services.notify.rules.wording.elder_goal import ELDER_GOAL
from services.notify.rules.wording.fiscal_dependence import FISCAL_DEPENDENCE
from services.notify.rules.wording.general import general_words
from services.notify.rules.wording.low_penetration import LOW_PENETRATION
from services.notify.rules.wording.low_satisfaction import LOW_SATISFACTION
from services.notify.rules.wording.negative_growth import NEGATIVE_GROWTH
from services.notify.rules.wording.no_agent import NO_AGENT
from services.notify.rules.wording.one_step import ONE_STEP
from services.notify.rules.wording.pace import BEHIND_PACE
from services.notify.rules.wording.slow_claims import SLOW_CLAIMS
from services.notify.rules.wording.stalled import STALLED

OWN_WORDS = {
    "behind_pace": BEHIND_PACE,
    "negative_growth": NEGATIVE_GROWTH,
    "low_penetration": LOW_PENETRATION,
    "fiscal_dependence": FISCAL_DEPENDENCE,
    "one_step": ONE_STEP,
    "elder_goal": ELDER_GOAL,
    "stalled": STALLED,
    "slow_claims": SLOW_CLAIMS,
    "low_satisfaction": LOW_SATISFACTION,
    "no_agent": NO_AGENT,
    "data_stale": DATA_STALE,
}


def words_for(rule: str) -> Words:
    """Rules are data, and an operator may add one: it speaks in general words."""
    return OWN_WORDS.get(rule) or general_words(rule)
