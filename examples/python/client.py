"""A client that knows nothing of Chancery but the address of a server.

It learns the API by server reflection, records a small invented history, reads it back, follows it, and asks what
follows from it. It exits with 1 when an answer is not the expected one.
"""

import argparse
import sys
import uuid

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToJson, ParseDict
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

# No call may take longer, in seconds.
DEADLINE = 30


class Api:
    """The services of a server, as it describes them itself."""

    def __init__(self, channel):
        self.channel = channel
        self.database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = DescriptorPool(self.database)

    def services(self):
        """The full names of all services."""
        return sorted(self.database.get_services())

    def call(self, service, method, request):
        """Calls a method of chancery.v1 with a request in the form of JSON.

        Returns the response, or an iterator over responses that can be cancelled.
        """
        descriptor = self.pool.FindServiceByName(f"chancery.v1.{service}").methods_by_name[method]
        connect = self.channel.unary_stream if descriptor.server_streaming else self.channel.unary_unary
        invoke = connect(
            f"/{descriptor.containing_service.full_name}/{descriptor.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(descriptor.output_type).FromString,
        )
        return invoke(ParseDict(request, GetMessageClass(descriptor.input_type)()), timeout=DEADLINE)

    @staticmethod
    def name(message, field):
        """The name of the value of an enumerated field: `HEADLINE_HOSTILE`."""
        value = getattr(message, field)
        known = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number.get(value)
        return known.name if known else f"{field} {value}"


class Unexpected(Exception):
    """An answer that is not the one expected."""


def expect(what, actual, expected):
    """Prints what was seen, and stops when it is not what should have been."""
    print(f"  {what}: {actual}")
    if actual != expected:
        raise Unexpected(f"{what}: expected {expected}, got {actual}")


class History:
    """An invented actor, group and regime, under slugs that no other run uses."""

    def __init__(self):
        run = uuid.uuid4().hex[:12]
        self.actor = f"example-actor-{run}"
        self.group = f"example-group-{run}"
        self.regime = f"example-regime-{run}"
        self.subjects = [f"actor/{self.actor}", f"group/{self.group}", f"regime/{self.regime}"]

    @staticmethod
    def event(effective_on, summary, **statement):
        """An event with an id of its own, so that sending it twice records it once."""
        source = {"publisher": "An example", "title": "Nothing of this happened", "kind": "SOURCE_KIND_LEGAL_ACT"}
        fact = {"effectiveOn": effective_on, "summary": summary, "sources": [source], **statement}
        return {"eventId": str(uuid.uuid4()), "fact": fact}

    def opening(self):
        """The identities, a listing, and a meeting while the listing is in force."""
        return [
            self.event(
                "2020",
                "The actor is entered in the registry.",
                actorRegistered={"actor": self.actor, "kind": "ACTOR_KIND_STATE", "name": "Examplia"},
            ),
            self.event(
                "2020",
                "The group is entered in the registry.",
                groupRegistered={
                    "group": self.group,
                    "kind": "GROUP_KIND_ORGANISATION",
                    "names": [{"text": "Example Front", "kind": "NAME_KIND_PRIMARY", "language": "en"}],
                },
            ),
            self.event(
                "2020",
                "The regime is entered in the registry.",
                regimeRegistered={
                    "regime": self.regime,
                    "authority": self.actor,
                    "title": "Example List",
                    "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE"],
                },
            ),
            self.event(
                "2025-01-10",
                "Examplia lists the Example Front.",
                designationAct={"group": self.group, "regime": self.regime, "act": "ACT_LISTED"},
            ),
            self.meeting("2025-03-01", "Ministers of Examplia meet the leader of the Example Front."),
        ]

    def meeting(self, effective_on, summary):
        """A meeting of the two."""
        return self.event(
            effective_on,
            summary,
            engagement={
                "kind": "ENGAGEMENT_KIND_MEETING",
                "channel": "CHANNEL_DIRECT_IN_PERSON",
                "participants": [
                    {"actor": self.actor, "role": "ROLE_PRINCIPAL", "level": "LEVEL_FOREIGN_MINISTER"},
                    {"group": self.group, "role": "ROLE_PRINCIPAL", "level": "LEVEL_LEADER"},
                ],
            },
        )


def submit(api, events, checks=()):
    """Records events in one commit and returns the position of each."""
    response = api.call("SubmissionService", "Submit", {"events": events, "checks": list(checks)})
    return [receipt.position for receipt in response.receipts]


def read(api, history):
    """The ids of the recorded events, from a finished reading."""
    batches = api.call("HistoryService", "Read", {"filter": {"subjects": history.subjects}})
    return [record.event.event_id for batch in batches for record in batch.records]


def designation(api, history, valid_at, min_position):
    """The state of the listing on a day, and the view that it was computed on."""
    request = {
        "group": history.group,
        "regimes": [history.regime],
        "asOf": {"validAt": valid_at},
        "minPosition": min_position,
    }
    response = api.call("QueryService", "GetGroup", request)
    return [api.name(entry, "state") for entry in response.status.designations], response.view


def relationship(api, history, valid_at, min_position):
    """The relationship on a day."""
    request = {
        "actor": history.actor,
        "group": history.group,
        "asOf": {"validAt": valid_at},
        "minPosition": min_position,
    }
    return api.call("QueryService", "GetRelationship", request).status


def records_until(signals, signal):
    """Event ids that a subscription delivers before it gives this signal."""
    ids = []
    for response in signals:
        if response.WhichOneof("signal") == signal:
            return ids
        ids.extend(record.event.event_id for record in response.batch.records)
    raise Unexpected(f"the subscription ended without {signal}")


def next_record(signals):
    """The id of the next event that a subscription delivers."""
    for response in signals:
        for record in response.batch.records:
            return record.event.event_id
    raise Unexpected("the subscription ended without another event")


def run(api):
    """The whole tour."""
    print("services:")
    for service in api.services():
        print(f"  {service}")

    history = History()
    events = history.opening()
    ids = [event["eventId"] for event in events]

    print("submit:")
    positions = submit(api, events)
    print(f"  positions: {positions}")
    expect("without gaps", positions == list(range(positions[0], positions[0] + len(events))), True)
    expect("sent again", submit(api, events), positions)

    print("read:")
    expect("events in order", read(api, history) == ids, True)

    print("query:")
    last = positions[-1]
    before, _ = designation(api, history, "2025-01-09", last)
    expect("listing on 2025-01-09", before, ["DESIGNATION_STATE_NONE"])
    after, view = designation(api, history, "2025-01-10", last)
    expect("listing on 2025-01-10", after, ["DESIGNATION_STATE_ACTIVE"])
    status = relationship(api, history, "2025-03-02", last)
    print(f"  relationship on 2025-03-02: {MessageToJson(status, indent=None)}")
    expect("headline", api.name(status, "headline"), "HEADLINE_DIRECT_CONTACT")
    expect("last contact", status.contact.last_on, "2025-03-01")
    expect("engagements", status.engagements, 1)

    print("subscribe:")
    signals = api.call("HistoryService", "Subscribe", {"filter": {"subjects": history.subjects}})
    expect("events until caught up", records_until(signals, "caught_up") == ids, True)
    # Recorded only if nothing has been recorded about the group since the view above.
    unchanged = {"subject": f"group/{history.group}", "unchangedSince": view.known_position}
    second = history.meeting("2025-04-01", "They meet again.")
    last = submit(api, [second], [unchanged])[-1]
    expect("live event", next_record(signals) == second["eventId"], True)
    signals.cancel()

    status = relationship(api, history, "2025-04-02", last)
    expect("engagements now", status.engagements, 2)


def main():
    """Parses the command line, runs, and says how it went."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default="127.0.0.1:7400", metavar="HOST:PORT", help="default: %(default)s")
    server = parser.parse_args().server
    with grpc.insecure_channel(server) as channel:
        try:
            run(Api(channel))
        except grpc.RpcError as error:
            print(f"error: {server}: {error.code().name}: {error.details()}", file=sys.stderr)
            return 1
        except Unexpected as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    print("everything as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
