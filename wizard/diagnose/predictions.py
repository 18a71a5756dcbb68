"""The delivery that a case's config predicts, with what the direct probes show of the backend."""

from collections.abc import Iterable

from wizard.diagnose.facts.addresses import possible_peers
from wizard.model.case import Case, Prediction
from wizard.model.probe import Probe
from wizard.nginx.delivery import EVENT_STREAM
from wizard.nginx.prediction import predict_probes


def predict(case: Case, probes: Iterable[Probe]) -> tuple[Prediction, ...]:
    """The predicted delivery of these probes; empty without a config.

    A direct URL that surely is not one of Nginx's peers shows neither the header nor the framing
    of the backend, so it does not count. What comes on a WebSocket is never buffered
    (ngx_http_upstream_process_upgraded), so there is nothing to predict.
    """
    if case.resolution is None or case.target.upgrade:
        return ()
    direct = [result.timeline for result in possible_peers(case)]
    answers = [*direct, *(result.timeline for result in case.proxy)]
    types = (answer.media_type for answer in answers if answer.is_stream)
    return predict_probes(case.resolution, list(probes), direct, next(types, EVENT_STREAM))
