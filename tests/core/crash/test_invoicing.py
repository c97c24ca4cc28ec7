"""A worker is killed with SIGKILL while typst sets an invoice: it is issued and sent once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.crash import invoicing, worker
from core.crash.test_sigkill import KILLED
from core.crash.worker import LEASE, Job
from core.world import START

from storelink.events import InvoiceIssued
from storelink.testing.mailserver import MailServer

PATIENCE_SECONDS = 60


def test_an_invoice_whose_worker_was_killed_while_it_was_set_is_issued_and_sent_once(
    tmp_path: Path,
) -> None:
    here, there = worker.CONTEXT.Pipe()
    with MailServer() as server:
        job = Job(f"sqlite:///{tmp_path}/link.db", server.url)
        invoicing.receive_all(job)

        dying = worker.start(invoicing.work, job, there)
        assert here.poll(PATIENCE_SECONDS)
        assert "begun" == here.recv()
        dying.kill()
        dying.join(PATIENCE_SECONDS)
        assert KILLED == dying.exitcode
        assert not here.poll()  # typst had not ended
        assert [] == server.received

        assert 0 == worker.run(invoicing.work, replace(job, now=START + LEASE), there)
        assert 0 == worker.run(invoicing.work, replace(job, now=START + 2 * LEASE), there)
        assert ["begun", "ended"] == [here.recv(), here.recv()]
        assert not here.poll()  # the last one had nothing to do

        (mail,) = server.received
    with invoicing.open_link(job) as link, link._database.read() as tx:
        (issued,) = [one for one in link.events() if isinstance(one, InvoiceIssued)]
        (kept,) = tx.documents.of_orders("shop", [str(issued.order_id)])
    (file,) = mail.message.iter_attachments()
    assert (issued.number, file.get_content()) == (kept.number, kept.body)
    assert kept.body.startswith(b"%PDF-")
