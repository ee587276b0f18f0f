"""What the API's description says of scorecards and evaluations."""

from __future__ import annotations

from typing import Any

from khosq.apis.native.description import in_path, in_query, operation, ref
from khosq.apis.native.wire import scorecards as wire

_EXAMPLE: dict[str, Any] = {
    "name": "Greeting check",
    "sections": [
        {
            "name": "Opening",
            "weight": 1,
            "questions": [
                {
                    "id": "greet",
                    "text": "Did the agent greet the customer?",
                    "method": "keyword",
                    "phrases": {"any": ["good morning", "hello"]},
                    "speaker": "agent",
                    "within": {"first_seconds": 30},
                    "weight": 3,
                },
                {
                    "id": "silence",
                    "text": "Was the customer never left waiting?",
                    "method": "metric",
                    "metric": {"name": "longest_silence", "less_than": 20},
                },
            ],
        }
    ],
}
_SCORECARD = {"summary": "Two questions", "value": _EXAMPLE}
_OVERRIDE = {
    "summary": "It was said in Dutch",
    "value": {"answer": True, "reason": "“Goedemorgen”.", "reviewer": "Ann"},
}
_WRITTEN = {
    media_type: {"schema": ref(wire.WriteScorecard), "examples": {"two": _SCORECARD}}
    for media_type in ("application/json", "application/yaml")
}
_ID = in_path(scorecard_id="The scorecard's id.")
_REVISION = [*_ID, *in_path(number="The revision's number.")]
_EVALUATION = in_path(evaluation_id="The evaluation's id.")
_QUESTION = [*_EVALUATION, *in_path(question_id="The question's id.")]

CREATE_SCORECARD = operation(
    "create_scorecard", "Add a scorecard", "scorecards", description="The body is JSON or YAML.",
    status=201, answer=wire.ScorecardRevision, meaning="Its first revision.", parameters=in_query(wire.PublishQuery),
    body=_WRITTEN,
)  # fmt: skip
LIST_SCORECARDS = operation(
    "list_scorecards", "List scorecards", "scorecards", answer=wire.ScorecardPage, meaning="One page, newest first.",
    parameters=in_query(wire.ScorecardsQuery),
)  # fmt: skip
GET_SCORECARD = operation(
    "get_scorecard", "Look at a scorecard", "scorecards", answer=wire.ScorecardEntry, meaning="The scorecard.",
    refusals=(404,), parameters=_ID,
)  # fmt: skip
CHANGE_SCORECARD = operation(
    "change_scorecard", "Change what a scorecard asks", "scorecards",
    description="A draft is changed; what was published never is: then it is the next revision. The body is JSON or "
    "YAML.",
    answer=wire.ScorecardRevision, meaning="The newest revision.", refusals=(404, 409),
    parameters=_ID + in_query(wire.PublishQuery), body=_WRITTEN,
)  # fmt: skip
DELETE_SCORECARD = operation(
    "delete_scorecard", "Remove a scorecard that nobody asked for", "scorecards", status=204, meaning="It is gone.",
    refusals=(404, 409), parameters=_ID,
)  # fmt: skip
ARCHIVE_SCORECARD = operation(
    "archive_scorecard", "Let a scorecard score nothing any more", "scorecards",
    description="What it scored stays.",
    answer=wire.ScorecardEntry, meaning="It is archived.", refusals=(404,), parameters=_ID,
)  # fmt: skip
EXPORT_SCORECARD = operation(
    "export_scorecard", "Get a scorecard as YAML", "scorecards",
    content={"application/yaml": {"schema": {"type": "string"}}}, meaning="A file that can be imported anywhere.",
    refusals=(404,), parameters=_ID + in_query(wire.RevisionQuery),
)  # fmt: skip
LIST_REVISIONS = operation(
    "list_scorecard_revisions", "List a scorecard's revisions", "scorecards", answer=wire.ScorecardRevisions,
    meaning="All of them, oldest first.", refusals=(404,), parameters=_ID,
)  # fmt: skip
GET_REVISION = operation(
    "get_scorecard_revision", "Look at a revision", "scorecards", answer=wire.ScorecardRevision,
    meaning="The revision and what it asks.", refusals=(404,), parameters=_REVISION,
)  # fmt: skip
PUBLISH_REVISION = operation(
    "publish_scorecard_revision", "Let a revision score calls from now on", "scorecards",
    description="New or old; it takes the place of the one that did.",
    answer=wire.ScorecardRevision, meaning="It is published.", refusals=(404, 409), parameters=_REVISION,
)  # fmt: skip
LIST_EVALUATIONS = operation(
    "list_evaluations", "List what came of a scorecard", "scorecards", answer=wire.EvaluationPage,
    meaning="One page, newest first.", refusals=(404,), parameters=_ID + in_query(wire.EvaluationsQuery),
)  # fmt: skip
GET_CALIBRATION = operation(
    "get_calibration", "See how far people agree with the machine", "scorecards",
    description="Over the evaluations that a person answered or confirmed.",
    answer=wire.Calibration, meaning="By question and overall.", refusals=(404,),
    parameters=_ID + in_query(wire.RevisionQuery),
)  # fmt: skip

LIST_JOB_EVALUATIONS = operation(
    "list_job_evaluations", "List what came of scorecards in a job", "evaluations", answer=wire.Evaluations,
    meaning="All of them, oldest first.", refusals=(404,),
    parameters=in_path(job_id="The job's id, of whichever API made it."),
)  # fmt: skip
GET_EVALUATION = operation(
    "get_evaluation", "Look at an evaluation", "evaluations", answer=wire.Evaluation, meaning="The evaluation.",
    refusals=(404,), parameters=_EVALUATION,
)  # fmt: skip
OVERRIDE_ANSWER = operation(
    "override_answer", "Answer a question in the machine's place", "evaluations",
    description="The machine's answer stays beside it.",
    answer=wire.Evaluation, meaning="The evaluation with it.", refusals=(404, 409), parameters=_QUESTION,
    body={"application/json": {"schema": ref(wire.OverrideAnswer), "examples": {"yes": _OVERRIDE}}},
)  # fmt: skip
WITHDRAW_ANSWER = operation(
    "withdraw_answer", "Take a person's answer back", "evaluations", description="The machine's counts again.",
    answer=wire.Evaluation, meaning="The evaluation without it.", refusals=(404, 409),
    parameters=_QUESTION + in_query(wire.WithdrawQuery),
)  # fmt: skip
CONFIRM_EVALUATION = operation(
    "confirm_evaluation", "Agree with every answer that nobody overrides", "evaluations",
    answer=wire.Evaluation, meaning="It counts for the calibration.", refusals=(404, 409), parameters=_EVALUATION,
    body={"application/json": {"schema": ref(wire.Confirm)}}, body_required=False,
)  # fmt: skip
DISPUTE_EVALUATION = operation(
    "dispute_evaluation", "Disagree with an evaluation", "evaluations", answer=wire.Evaluation,
    meaning="It is disputed.", refusals=(404, 409), parameters=_EVALUATION,
    body={"application/json": {"schema": ref(wire.Why)}},
)  # fmt: skip
RESOLVE_EVALUATION = operation(
    "resolve_evaluation", "Settle a dispute", "evaluations", answer=wire.Evaluation, meaning="It is settled.",
    refusals=(404, 409), parameters=_EVALUATION, body={"application/json": {"schema": ref(wire.Why)}},
)  # fmt: skip
