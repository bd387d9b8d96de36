"""Endpoints: the key that each is asked with, whether it answers, and whether pictures may be sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject, Slot

from maga_desk.domain.choices import ProposerInfo, involved
from maga_desk.domain.control import RunControl
from maga_desk.domain.errors import UserError
from maga_desk.domain.events import Event, Message
from maga_desk.domain.settings import Settings, SettingsFile
from maga_desk.domain.specs.guidance import EndpointSpec, GuidanceSpec
from maga_desk.ui.controllers.jobs import Jobs
from maga_desk.ui.job_view import CONNECTION
from maga_desk.ui.widgets.guide.proposer_form import ProposerForm

TestService = Callable[[EndpointSpec, str, RunControl], Iterator[Event]]
NO_KEYRING = "There is no keyring in this installation."


def sends(guidance: GuidanceSpec, known: Mapping[str, ProposerInfo]) -> bool:
    """Whether asking with this guidance sends pictures to its endpoint."""
    return any(info.sends for info in involved(guidance, known))


def lacks_consent(guidance: GuidanceSpec, known: Mapping[str, ProposerInfo], settings: Settings) -> bool:
    """Whether asking with this guidance would send pictures to an address without a person's agreement."""
    if not sends(guidance, known) or guidance.endpoint.url is None:
        return False
    return guidance.endpoint.origin not in settings.endpoints.agreed


class EndpointController(QObject):
    """Serves the endpoint's part of an open settings form.

    :param test_service: tries an endpoint; its last ``Message`` says how it went.
    :param save_key: puts a key (origin, key) into the system's keyring; ``delete_key`` takes one out.
    """

    def __init__(
        self,
        jobs: Jobs,
        settings: SettingsFile,
        say: Callable[[str, str], None],
        *,
        test_service: TestService | None = None,
        save_key: Callable[[str, str], None] | None = None,
        delete_key: Callable[[str], None] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self.settings, self._say = jobs, settings, say
        self._test_service, self._save_key, self._delete_key = test_service, save_key, delete_key
        self._form: ProposerForm | None = None

    def serve(self, form: ProposerForm) -> None:
        """Answer this form, until :meth:`leave`."""
        self._form = form
        endpoint = form.endpoint
        endpoint.key_saved.connect(self._keep_key)
        endpoint.key_deleted.connect(self._forget_key)
        endpoint.connection_tested.connect(self._test)
        endpoint.consent_withdrawn.connect(self._withdraw)

    def leave(self) -> None:
        """The form is closed; what still comes is for nobody."""
        self._form = None

    def set_consent(self, origin: str, *, agreed: bool) -> None:
        """Remember what a person decided; a word where that fails."""
        try:
            self.settings.change(lambda settings: settings.with_agreement(origin, agreed=agreed))
        except UserError as error:
            self._say(f"What you decided is not kept: {error}", "warning")

    @Slot(str)
    def _withdraw(self, origin: str) -> None:
        self.set_consent(origin, agreed=False)

    @Slot(object)
    def _test(self, endpoint: EndpointSpec) -> None:
        if self._test_service is None:
            self._answer("Connections cannot be tested in this installation.", good=False)
            return
        service, model = self._test_service, self._form.model.value() or "" if self._form else ""
        self._jobs.start(
            CONNECTION,
            lambda control: service(endpoint, model, control),
            self._on_tested,
            self._on_test_failed,
        )

    def _on_tested(self, batch: list[Event]) -> None:
        for event in batch:
            if isinstance(event, Message):
                self._answer(event.text, good=event.level == "info")

    def _on_test_failed(self, text: str) -> None:
        self._answer(text, good=False)

    @Slot(str, str)
    def _keep_key(self, origin: str, key: str) -> None:
        keep = self._save_key
        self._with_keyring(None if keep is None else lambda: keep(origin, key), f"The key for {origin} is kept.")

    @Slot(str)
    def _forget_key(self, origin: str) -> None:
        drop = self._delete_key
        self._with_keyring(None if drop is None else lambda: drop(origin), f"The key for {origin} is deleted.")

    def _with_keyring(self, act: Callable[[], None] | None, done: str) -> None:
        if act is None:
            self._answer(NO_KEYRING, good=False)
            return
        try:
            act()
        except UserError as error:
            self._answer(str(error), good=False)
            return
        self._answer(done, good=True)

    def _answer(self, text: str, *, good: bool) -> None:
        if self._form is not None:
            self._form.endpoint.say(text, good=good)
