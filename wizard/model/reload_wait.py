"""What is known while the user's change and the reload of Nginx are waited for."""

from dataclasses import dataclass

from wizard.text.messages import tr


@dataclass(frozen=True, slots=True)
class ReloadWait:
    """What is known while a reload is waited for.

    Attributes:
        since: When the wait began, on the session's clock, in seconds.
        requests: How many were sent so far.
        config_changed: Whether the config differs from the one of before; None if it cannot be
            read again.
    """

    since: float
    requests: int = 0
    config_changed: bool | None = None

    @property
    def text(self) -> str:
        """What is waited for, in a few words."""
        asked = (
            tr("asked {requests} times", requests=self.requests)
            if self.requests > 1
            else tr("asked once")
        )
        match self.config_changed:
            case None:
                return tr("waiting for your change and the reload of Nginx, {asked}", asked=asked)
            case False if not self.requests:
                return tr("the config has not changed yet")
            case False:
                return tr("the config has not changed yet, {asked}", asked=asked)
            case True if not self.requests:
                return tr("the config has changed: waiting for the reload of Nginx")
            case True:
                return tr(
                    "the config has changed: waiting for the reload of Nginx, {asked}", asked=asked
                )
