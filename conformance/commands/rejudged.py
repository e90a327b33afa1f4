"""The results of a run that was judged again, for the commands that read a journal."""

from __future__ import annotations

from conformance.engine.rejudge import Rejudged
from conformance.judge.capabilities import capability_facts
from conformance.results.build import build_run
from conformance.results.model import Results
from conformance.results.run import facts_of_run


def results_of(past: Rejudged) -> Results:
    """The results that the journal of a run gives with the cases of today."""
    library, replies = past.library, past.replies
    policy = str(past.policy)
    facts = facts_of_run(past.recording.history, replies, past.judgements, policy, catalogue=library.catalogue)
    return build_run(
        facts,
        replies,
        [(judgement, 0.0) for judgement in past.judgements],
        library,
        capability_facts(library.capabilities, replies, declared=facts.target.declared, lacking=facts.target.lacks),
    )
