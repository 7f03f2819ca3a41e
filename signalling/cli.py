"""The program `tresen`: servers, tokens, the doctor, and whatever other distributions add through the group `tresen.commands`.

Reads arguments and prints; decides nothing. Exit codes: 0 done, 1 could not (one sentence on standard error says why and what to
do), 2 wrong arguments.
"""

import json
import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from importlib.metadata import EntryPoint, entry_points, version
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediaserver.config import MediaSettings
from mediaserver.errors import LocalError
from mediaserver.keys import api_keys
from mediaserver.logs import configure
from mediaserver.server import MediaServer
from mediaserver.tokens import mint
from signalling import database_commands, doctor, doctor_store, earlier_assets, identity_commands, keys_commands, pages, recordings, site
from signalling.calling.local_media import LocalMedia
from signalling.calling.media import MediaPlane
from signalling.config import Settings, load
from signalling.demo import Demo
from signalling.demo_shop import pictures
from signalling.identity import seed as people
from signalling.media import MediaService
from signalling.node import Node
from signalling.process import Server, Signals, run, serve

ROLES = {"pub": (True, False), "sub": (False, True), "both": (True, True)}
UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
COMMANDS = "tresen.commands"

ABOUT = """
Tresen: a real-time media server with a signalling core for interactive commerce.

\b
Try it:   tresen demo                  a shop, the console: open both links it prints
Run it:   tresen serve                 media and signalling: WHIP, WHEP, /v1, /metrics, /health, call page
Let in:   tresen token --room shop     prints a token for one participant of a room
          tresen session token         prints a token for REST and the socket, for development
Set up:   tresen tenant|site|rep|apikey add, tresen audit verify
Look:     tresen doctor                what this machine lacks, how to mend it
Record:   tresen recordings list       what was recorded here; decrypt opens sealed files
Measure:  tresen bench forward         what a packet costs here

Every setting can stand in a TOML file (--config), in the environment (TRESEN_HTTP_PORT=8080) or here as an option; the later wins.
"""

Config = Annotated[Path | None, typer.Option("--config", "-c", help="TOML file of settings (TRESEN_CONFIG_FILE).", dir_okay=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder for keys, recordings and the database.", file_okay=False)]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options of every command that serves, in the order of its help. But for `config` they are fields of Settings."""

    config: Config = None
    http_host: Annotated[str | None, typer.Option(help="Address of the HTTP server.")] = None
    http_port: Annotated[int | None, typer.Option(help="Port of the HTTP server; 0 takes any free one.", min=0, max=65535)] = None
    udp_host: Annotated[str | None, typer.Option(help="Address of the media sockets.")] = None
    udp_port: Annotated[int | None, typer.Option(help="UDP port of the first worker; the next workers follow.", min=0, max=65535)] = None
    workers: Annotated[int | None, typer.Option(help="Media threads; 0: one per core.", min=0, max=256)] = None
    announced_addresses: Annotated[str | None, typer.Option(help="IP addresses clients are told, comma between (behind NAT).")] = None
    data_dir: DataDir = None
    drain_deadline_s: Annotated[float | None, typer.Option(help="Seconds that calls may go on after SIGTERM.", min=0)] = None
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None

    def settings(self, **more: Any) -> Settings:
        """The configuration: file, then environment, then these options."""
        values = {field.name: getattr(self, field.name) for field in fields(self)} | more
        return load(config_file=values.pop("config"), **values)


def serving(command: Callable[..., None], *fixed: str) -> Callable[..., None]:
    """`command(options, ...)` as typer wants it: every field of ServerOptions, but for the `fixed` ones, is an option behind its own."""
    offered = [each for each in signature(ServerOptions).parameters.values() if each.name not in fixed]
    own = list(signature(command).parameters.values())[1:]

    def call(**given: Any) -> None:
        options = ServerOptions(**{each.name: given.pop(each.name) for each in offered})
        command(options, **given)

    call.__name__, call.__doc__ = command.__name__, command.__doc__
    cast(Any, call).__signature__ = Signature([*own, *offered])
    return call


def print_version(wanted: bool) -> None:
    """The eager option --version."""
    if wanted:
        print(version("tresen"))
        raise typer.Exit


def seconds(text: str) -> int:
    """A time to live: `90`, `90s`, `15m`, `1h`, `7d`."""
    found = re.fullmatch(r"(\d+)\s*([smhd]?)", text.strip())
    if found is None or int(found[1]) == 0:
        raise typer.BadParameter("write it as 90s, 15m, 1h or 7d")
    return int(found[1]) * UNITS_S[found[2]]


def demo_mint(settings: MediaSettings) -> pages.Mint:
    """Makes the demo's tokens with the first of the configured keys."""
    key, secret = next(iter(api_keys(settings).items()))

    def make(room: str, identity: str, ttl_s: int) -> str:
        return mint(key, secret, identity=identity, room=room, ttl_s=ttl_s)

    return make


def run_service(service: Server, settings: MediaSettings, announce: Callable[[], None]) -> None:
    """Serves until a signal says otherwise."""
    configure(settings.log_level, settings.log_format)

    async def main() -> None:
        await serve(service, announce, Signals())

    run(main())


def logins() -> str:
    """Who can log in to the demonstration."""
    return ", ".join(login if role == "rep" else f"{login} ({role})" for login, _, role in people.PEOPLE)


def announce_demo(running: Demo, room: str) -> None:
    """Where everything is, on standard output, so that a script can read it."""
    console = Console(highlight=False, soft_wrap=True)
    address = running.node.address
    console.print("\n[bold]Tresen is open.[/bold] Open the shop and the console in two windows, and press for help in the shop:\n")
    console.print(f"  {'shop':<9} [bold]{running.shop.address}/[/bold]")
    console.print(f"  {'console':<9} [bold]{address}/console[/bold]")
    console.print(f"\n  Log in to the console as {logins()}, with the password [bold]{people.PASSWORD}[/bold].")
    console.print("\n  A plain call without shop and console, to try the media server alone:\n")
    for seat, link in pages.links(address, room).items():
        console.print(f"  {seat:<9} {link}")
    console.print("\n  From another machine, put HTTPS in front: browsers hand out cameras only there or on localhost.")
    console.print("  Ctrl-C ends it.\n")
    sys.stdout.flush()


def demo(
    options: ServerOptions,
    room: Annotated[str, typer.Option(help="Name of the room of the plain call.")] = "demo",
    demo_shop_port: Annotated[int | None, typer.Option(help="Port of the shop; 0 takes any free one.", min=0, max=65535)] = None,
) -> None:
    """The whole story to try out: a shop with the widget in it, the console, a plain call.

    Whoever can reach it may join: for trying out only. Its log is quiet; --log-level info shows what happens.
    """
    if not pages.is_room_name(room):
        raise typer.BadParameter("a room's name has letters, digits, dots, dashes and underscores, 64 at most", param_hint="--room")
    chosen = replace(options, drain_deadline_s=0.0, log_level=options.log_level or "warning").settings(demo_shop_port=demo_shop_port)
    built = built_web(site.require(site.dist_folder()), chosen)
    running = Demo(chosen, built, partial(Node, plane=local_media))
    pages.mount(running.node.application, demo_mint(chosen), built)
    site.mount(running.node.application, built)
    pictures.mount(running.node.application)
    run_service(running, chosen, lambda: announce_demo(running, room))


def built_web(folder: Path, settings: Settings) -> site.Built:
    """The faces of this version, and what open pages still need of earlier ones."""
    return site.Built(folder, earlier_assets.keep(folder, settings.data_dir))


def serve_command(options: ServerOptions) -> None:
    """Everything on one machine: media server, signalling core and call page.

    A link is http://HOST:8080/call/ROOM#token=TOKEN, with a token of `tresen token`; the token never leaves the browser's
    address bar except to WHIP and WHEP. SIGTERM drains; a second one ends at once.
    """
    chosen = options.settings()
    service = Node(chosen, plane=local_media)
    built = built_web(site.dist_folder(), chosen)
    pages.mount(service.application, None, built)
    site.mount(service.application, built)
    run_service(service, chosen, lambda: print(f"Serving on {service.address}", flush=True))


def media(options: ServerOptions) -> None:
    """The media half alone, without pages.

    WHIP, WHEP, /metrics and /health, for a machine of its own behind your page or program.
    """
    chosen = options.settings()
    service = MediaService(chosen)
    run_service(service, chosen, lambda: print(f"Serving on {service.address}", flush=True))


def signal(options: ServerOptions) -> None:
    """The signalling half alone, without a media server.

    Conversations, queue, carts, orders, webhooks: the API at /v1, its documentation at /v1/docs.
    """
    chosen = options.settings()
    service = Node(chosen)
    run_service(service, chosen, lambda: print(f"Serving on {service.address}", flush=True))


def local_media(server: MediaServer) -> MediaPlane:
    """The calls' media plane where the media server is in this process."""
    settings = server.settings
    return LocalMedia(server, announcement=settings.call_recording_announcement if isinstance(settings, Settings) else None)


def token(
    room: Annotated[str, typer.Option(help="The room it opens.")],
    role: Annotated[str, typer.Option(help="pub (send), sub (receive) or both.")] = "both",
    identity: Annotated[str | None, typer.Option(help="Who it is for; left out: a name of its own.")] = None,
    ttl: Annotated[str, typer.Option(help="How long it is good for joining: 90s, 15m, 1h, 7d.")] = "1h",
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Prints an access token for one room, and nothing else.

    It is signed with this machine's API key, the same that `tresen serve` uses with the same configuration.
    """
    if role not in ROLES:
        raise typer.BadParameter(f"choose one of {', '.join(ROLES)}", param_hint="--role")
    can_publish, can_subscribe = ROLES[role]
    chosen = load(config_file=config, data_dir=data_dir)
    who = identity or f"guest-{secrets.token_hex(4)}"
    key, secret = next(iter(api_keys(chosen).items()))
    print(mint(key, secret, identity=who, room=room, can_publish=can_publish, can_subscribe=can_subscribe, ttl_s=seconds(ttl)))


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Says what this machine lacks and how to mend it.

    Changes nothing. Exit code 1 when something does not work; warnings alone leave it at 0.
    """
    try:
        chosen = load(config_file=config, data_dir=data_dir)
        findings = [doctor.good("Configuration", "understood")]
    except LocalError as error:
        remedy = "Correct the file or the environment variable it names; the other checks use the defaults."
        findings = [doctor.failure("Configuration", str(error), remedy)]
        chosen = Settings.model_construct()
    findings += [*doctor.examine(chosen), *doctor_store.database(chosen), *doctor_store.secrets(chosen)]
    failed = any(finding.verdict is doctor.Verdict.FAILURE for finding in findings)
    if as_json:
        print(json.dumps([finding.json() for finding in findings], indent=1))
    else:
        show(findings)
    raise typer.Exit(1 if failed else 0)


def show(findings: list[doctor.Finding]) -> None:
    """The findings as a table, remedies under what they are for."""
    marks = {doctor.Verdict.GOOD: "[green]✓[/green]", doctor.Verdict.WARNING: "[yellow]![/yellow]", doctor.Verdict.FAILURE: "[red]✗[/red]"}
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(width=1)
    table.add_column(style="bold")
    table.add_column()
    for finding in findings:
        remedy = f"\n[dim]→[/dim] {escape(finding.remedy)}" if finding.remedy else ""
        table.add_row(marks[finding.verdict], finding.what, escape(finding.found) + remedy)
    Console(highlight=False).print(table)


def plugin(entry: EntryPoint) -> Callable[[typer.Context], None]:
    """A command that is imported only when it is called."""

    def call(context: typer.Context) -> None:
        command = typer.main.get_command(entry.load())
        command.main(args=list(context.args), prog_name=f"tresen {entry.name}")

    call.__doc__ = f"From {entry.value.partition(':')[0].partition('.')[0]}: see `tresen {entry.name} --help`."
    return call


def application() -> typer.Typer:
    """The program with all its commands."""
    program = typer.Typer(help=ABOUT, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

    @program.callback()
    def tresen(wanted: Annotated[bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print it.")] = False) -> None:
        pass

    program.command()(serving(demo, "drain_deadline_s"))  # nobody waits for a call that was made to try out
    program.command("serve")(serving(serve_command))
    program.command()(serving(media))
    program.command()(serving(signal, "udp_host", "udp_port", "workers", "announced_addresses", "drain_deadline_s"))
    program.command()(token)
    program.command("doctor")(doctor_command)
    program.add_typer(recordings.app, name="recordings")
    program.add_typer(database_commands.app, name="database")
    identity_commands.add_to(program)
    program.add_typer(keys_commands.app, name="keys")
    # Options after the name belong to the plugin, --help too.
    foreign = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    for entry in sorted(entry_points(group=COMMANDS)):
        program.command(entry.name, context_settings=foreign, add_help_option=False)(plugin(entry))
    return program


def main() -> None:
    """The program's entry."""
    try:
        application()()
    except LocalError as error:
        print(f"tresen: {error}", file=sys.stderr)
        sys.exit(1)
