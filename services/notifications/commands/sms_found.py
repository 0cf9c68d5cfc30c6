"""An SMS that was found at its provider by what it looks like is one delivery's: who is written down first has it.

Two tries in doubt may be looked for at the same moment and find the same SMS, although one alone left. The lane's row
is held meanwhile, so that only one of them can be first; the other goes on looking. Neighbour: `queries.sms_taken`.
"""

from collections.abc import Sequence

from services.notifications.commands.claim import Claimed, LaneKey, hold_lane
from services.notifications.domain.results import Result
from services.notifications.queries.sms_taken import taken
from shared.contracts import Outcome
from shared.outbox import Transaction

LOOK_AGAIN_SECONDS = 5.0


async def once_each(tx: Transaction, lane: LaneKey, calls: Sequence[tuple[Claimed, Result]]) -> list[Result]:
    """The results as they count: what another delivery has already is still unknown."""
    results = [result for _, result in calls]
    if not any(result.alike for result in results):
        return results
    await hold_lane(tx, lane)
    had = {result.reference for result in results if not result.alike}
    for place, (claimed, result) in enumerate(calls):
        if not result.alike or result.reference is None:
            continue
        since = claimed.unsure_since or claimed.at
        if result.reference in had or await taken(tx.conn, lane.shop, claimed.id, since, [result.reference]):
            said = f"the SMS that looks like it ({result.reference}) is another delivery's"
            results[place] = Result(Outcome.UNKNOWN, said, retry_after=LOOK_AGAIN_SECONDS)
        had.add(result.reference)
    return results
