"""Messages on their way to a simulated Slack, on good days and bad ones."""

from datetime import timedelta
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from etheatmap_core.outbox import deliver as deliver_module
from etheatmap_core.outbox import slack as slack_module
from etheatmap_core.outbox.deliver import LONGEST_ATTEMPT, deliver
from etheatmap_core.outbox.slack import Attempt, webhook_poster
from etheatmap_core.outbox.store import Message, MessageState, claim, end, enqueue, resend

MINUTE = timedelta(minutes=1)


def test_what_is_put_in_arrives_once_and_in_order(outbox) -> None:
    outbox.put("one", "two", "three")
    assert str(outbox.deliver()) == "3 sent"
    assert outbox.arrived == ["one", "two", "three"]
    assert str(outbox.deliver(MINUTE)) == "no message waits"
    assert outbox.arrived == ["one", "two", "three"]


def test_a_key_is_one_message_however_often_it_is_asked_for(outbox) -> None:
    with outbox.engine.begin() as connection:
        assert enqueue(connection, Message("stale:wiki:2026-11-24", "freshness", "wiki is stale"), outbox.now)
        assert not enqueue(connection, Message("stale:wiki:2026-11-24", "freshness", "still stale"), outbox.now)
    outbox.deliver()
    assert outbox.arrived == ["wiki is stale"]


def test_a_message_whose_reason_is_rolled_back_is_none(outbox) -> None:
    with outbox.engine.connect() as connection, connection.begin() as work:
        enqueue(connection, Message("k", "test", "never"), outbox.now)
        work.rollback()
    assert str(outbox.deliver()) == "no message waits"


def test_blocks_go_along(outbox) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "*hot*"}}]
    with outbox.engine.begin() as connection:
        enqueue(connection, Message("k", "alert", "hot", blocks), outbox.now)
    outbox.deliver()
    assert outbox.slack.slack.messages[0]["blocks"] == blocks


def test_without_a_webhook_messages_are_logged_and_listed(outbox, caplog) -> None:
    outbox.webhook = None
    outbox.put("nobody listens")
    assert str(outbox.deliver()) == "1 logged"
    assert "No SLACK_WEBHOOK_URL is set; the message test:nobody listens: nobody listens" in caplog.text
    assert outbox.states() == ["logged"]


def test_not_so_fast_is_waited_for_as_long_as_slack_says(outbox) -> None:
    outbox.put("one", "two")
    outbox.slack.order("slack", "status", status=429, retry_after=30, count=1)
    assert str(outbox.deliver()) == "1 postponed"
    assert str(outbox.deliver(timedelta(seconds=29))) == "no message waits"
    assert str(outbox.deliver(timedelta(seconds=1))) == "2 sent"
    assert outbox.arrived == ["one", "two"]


def test_slacks_own_trouble_is_asked_again_after_growing_pauses_and_given_up_in_the_end(outbox) -> None:
    outbox.put("patient")
    outbox.slack.order("slack", "status", status=500)
    pauses = []
    while outbox.states() == ["pending"]:
        outbox.deliver()
        due = outbox.rows()[0].next_at
        pauses.append((due - outbox.now).total_seconds())
        outbox.now = max(due, outbox.now)
    assert pauses[:4] == [5, 10, 20, 40]
    assert max(pauses) == 600
    assert timedelta(hours=23) < timedelta(seconds=sum(pauses)) < timedelta(hours=25)
    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.error) == ("failed", 150, "Slack has trouble of its own (500)")
    assert outbox.arrived == []


def test_who_cannot_be_reached_has_not_got_it(outbox) -> None:
    outbox.put("later")
    post = webhook_poster("http://127.0.0.1:9/services/T0/B0/secret")
    assert str(deliver(outbox.engine, post, lambda: outbox.now, pause_seconds=0)) == "1 postponed"
    assert outbox.rows()[0].error == "Slack cannot be reached (ConnectionRefusedError)"
    assert str(outbox.deliver(MINUTE)) == "1 sent"


def test_a_storm_of_refusals_delays_and_loses_nothing(outbox) -> None:
    texts = [f"number {number}" for number in range(20)]
    outbox.put(*texts)
    for status in (429, 500, 503, 429, 502):
        outbox.slack.order("slack", "status", status=status, count=7)
    for _ in range(60):
        outbox.deliver(timedelta(minutes=10))
    assert outbox.arrived == texts
    assert set(outbox.states()) == {"sent"}


def test_an_answer_that_never_comes_is_unknown_and_is_not_sent_again(outbox, monkeypatch) -> None:
    monkeypatch.setattr(slack_module, "_STEP_SECONDS", 0.3)
    outbox.put("did it arrive", "the next")
    outbox.slack.order("slack", "latency", seconds=1.0, is_taken=True, count=1)
    assert str(outbox.deliver()) == "1 sent, 1 unknown"
    first = outbox.rows()[0]
    assert first.state == "unknown"
    assert "whether the message is there, only the channel shows" in first.error
    outbox.deliver(timedelta(hours=1))
    assert outbox.states() == ["unknown", "sent"]
    assert outbox.arrived == ["did it arrive", "the next"]


def test_a_connection_cut_after_slack_has_it_is_unknown(outbox) -> None:
    outbox.put("cut")
    outbox.slack.order("slack", "reset", is_taken=True, count=1)
    assert str(outbox.deliver()) == "1 unknown"
    outbox.deliver(timedelta(hours=1))
    assert (outbox.states(), outbox.arrived) == (["unknown"], ["cut"])


@pytest.mark.parametrize("kind", ["truncate", "corrupt", "malformed", "encoding", "empty", "html"])
def test_an_answer_that_is_not_slacks_ok_is_unknown(outbox, kind: str) -> None:
    outbox.put("spoilt")
    outbox.slack.order("slack", kind, count=1)
    assert str(outbox.deliver()) == "1 unknown"
    outbox.deliver(timedelta(hours=1))
    assert outbox.arrived == ["spoilt"]


def test_a_post_that_hangs_is_not_waited_for(outbox, monkeypatch) -> None:
    monkeypatch.setattr(deliver_module, "_LONGEST_ATTEMPT_SECONDS", 0.2)
    outbox.put("hangs", "the next")
    goes_on = Event()

    def post(message):
        if message.text == "hangs":
            assert goes_on.wait(60)
        return Attempt("sent")

    done = deliver(outbox.engine, post, lambda: outbox.now, pause_seconds=0)
    goes_on.set()
    assert str(done) == "1 sent, 1 unknown"
    assert outbox.rows()[0].error.startswith("Slack did not answer within")


def test_a_revoked_webhook_fails_with_slacks_word_and_the_remedy_and_no_secret(outbox) -> None:
    outbox.webhook = "https://hooks.slack.com/services/T0/B0/revoked"
    outbox.put("nowhere")
    assert str(outbox.deliver()) == "1 failed"
    (row,) = outbox.rows()
    assert row.error.startswith("Slack refuses it (404 no_service): make a new webhook in Slack")
    assert "T0" not in str(row)


def test_a_person_may_send_again_what_is_unknown_or_failed(outbox) -> None:
    outbox.webhook = "https://hooks.slack.com/services/T0/B0/revoked"
    outbox.put("again")
    outbox.deliver()
    outbox.webhook = "https://hooks.slack.com/services/T0/B0/secret"
    with outbox.engine.begin() as connection:
        assert resend(connection, "test:again", outbox.now)
        assert not resend(connection, "test:another", outbox.now)
    assert str(outbox.deliver()) == "1 sent"
    with outbox.engine.begin() as connection:
        assert not resend(connection, "test:again", outbox.now), "what is sent is not sent again"


def test_what_a_dead_deliverer_held_becomes_unknown_once_nobody_can_be_at_it(outbox) -> None:
    outbox.put("held")
    with outbox.engine.begin() as connection:
        assert claim(connection, outbox.now) is not None
    assert str(outbox.deliver(LONGEST_ATTEMPT)) == "no message waits"
    assert str(outbox.deliver(timedelta(seconds=1))) == "1 unknown"
    assert outbox.arrived == []


def test_who_was_given_up_writes_nothing_over_a_later_attempt(outbox) -> None:
    outbox.put("slow")
    with outbox.engine.begin() as connection:
        slow = claim(connection, outbox.now)
    outbox.deliver(2 * MINUTE)
    with outbox.engine.begin() as connection:
        assert resend(connection, "test:slow", outbox.now)
        assert claim(connection, outbox.now) is not None
        end(connection, slow, MessageState.FAILED, outbox.now, "too late")
    assert outbox.states() == ["sending"]


def test_of_sixteen_deliverers_at_once_each_message_has_one(outbox) -> None:
    texts = [f"number {number}" for number in range(60)]
    outbox.put(*texts)
    threads = [Thread(target=outbox.deliver) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outbox.arrived) == sorted(texts)
    assert set(outbox.states()) == {"sent"}


def test_a_delivery_that_begins_in_time_ends_in_time(outbox) -> None:
    outbox.put("one", "two")
    post = webhook_poster(outbox.webhook, outbox.slack.url)
    done = deliver(outbox.engine, post, lambda: outbox.now, within_seconds=9)
    assert str(done) == "no message waits"
    assert outbox.states() == ["pending", "pending"]


def test_the_table_is_gone_in_mid_delivery(outbox) -> None:
    outbox.put("one")

    def post(message):
        with outbox.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE outbox RENAME TO outbox_gone"))
        return webhook_poster(outbox.webhook, outbox.slack.url)(message)

    with pytest.raises(sa.exc.ProgrammingError):
        deliver(outbox.engine, post, lambda: outbox.now, pause_seconds=0)
    with outbox.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE outbox_gone RENAME TO outbox"))
    assert str(outbox.deliver(2 * MINUTE)) == "1 unknown"
    assert outbox.arrived == ["one"], "it came once, and is listed as unknown"
