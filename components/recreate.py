"""The question before a site is deleted and created again for another command."""

from fasthtml.common import FT, A, Button, Div, Input

from app import urls
from app.models import AUTO_RENEWED, CertificateRecord, PathState, Site
from components.commandfield import CommandNotesView, Findings, LookProblem, PathFindings
from components.dialogs import Dialog
from components.feedback import CodeBox
from components.forms import Consequences, PageForm

_DIALOG_ID = "recreate-site"


def RecreateDialog(
    site: Site,
    command: str,
    notes: CommandNotesView,
    certificate: CertificateRecord | None,
) -> FT:
    """Names the time without the site, and what does not come back, before anything is done.

    `notes` are what speaks against the command, of its files those that are not known to be there.
    """
    lost, kept = certificate_words(site, certificate)
    absent = [path for path in notes.paths or () if path.state is not PathState.EXISTS]
    return Dialog(
        _DIALOG_ID,
        f"Recreate {site.domain_name}?",
        PageForm(
            urls.site_action(*site.key, "command"),
            Input(type="hidden", name="command", value=command),
            Input(type="hidden", name="confirmed", value="yes"),
            Div(
                Consequences(
                    gone=[
                        "The site is deleted and created again. It does not answer for about 10 "
                        "to 30 seconds, longer if the host keeps the domain.",
                        *lost,
                        *_other_cname(site),
                    ],
                    kept=[
                        "Domain, code and logs stay.",
                        *kept,
                        "If the host refuses the new command, the old one is put back.",
                    ],
                    cls="bullets",
                ),
                CodeBox(command, "command"),
                Findings(notes.report.findings),
                PathFindings(absent),
                LookProblem(notes),
                cls="dialog-body stack-s",
            ),
            Div(
                A("Keep as it is", href=urls.site_settings(*site.key), cls="btn", data_close=True),
                Button("Recreate site", cls="btn btn-primary"),
                cls="dialog-foot",
            ),
        ),
        is_open=True,
    )


def _other_cname(site: Site) -> tuple[str, ...]:
    if not site.is_custom_domain:
        return ()
    return ("PythonAnywhere may choose another CNAME target for it; if so, you are told.",)


def certificate_words(
    site: Site, record: CertificateRecord | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What may be lost with the site, and what comes back, as far as the store knows."""
    if not site.is_custom_domain:
        return (), ("PythonAnywhere’s own certificate serves its address as before.",)
    if record is None or record.read_at is None:
        text = (
            "Which certificate the site has is not known yet. If PythonAnywhere does not say so "
            "before the deletion either, the certificate may be lost: look at HTTPS afterwards."
        )
        return (text,), ()
    if record.certificate is None:
        return (), ("When it was last looked at, the site had no certificate.",)
    if record.certificate.likely_kind == AUTO_RENEWED:
        return (), ("Its certificate is requested again if the host drops it with the site.",)
    issuer = record.certificate.issuer
    made = f"made by {issuer}" if issuer else "uploaded"
    text = (
        f"Its certificate, {made}, cannot be requested again. Have it at hand with its key: if the "
        "host drops it with the site, it has to be uploaded again."
    )
    return (text,), ()
