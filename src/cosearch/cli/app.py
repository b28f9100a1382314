"""The commands. Each parses its arguments, calls one function of the library and prints what it returns.

Exit status: 0 done; 1 `check` found a difference; 2 bad input, in one line; 3 infeasible or not found, a result;
130 stopped by Ctrl-C. `validate` is done when all ran, whether targets are met or missed.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cosearch import __version__
from cosearch.errors import CosearchError

INPUT_STATUS = 2
STOPPED_STATUS = 130

app = typer.Typer(
    name="cosearch",
    help="Find a neural network, its bitwidths and the accelerator that runs it, together.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RunArgument = Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars, no table.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")]


def main() -> None:
    """Run the command line; one clear line for every error a user can mend."""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except CosearchError as error:
        _fail(str(error))
    except typer.TyperException as error:  # a usage error: an unknown option, a missing argument
        text = " ".join(error.format_message().split()).rstrip(".")
        _fail(f"{text[:1].lower()}{text[1:]}; see cosearch --help")
    except (KeyboardInterrupt, typer.Abort):
        status = STOPPED_STATUS
    if status == STOPPED_STATUS:  # also what Typer makes of an interrupt
        typer.echo("cosearch: stopped; the same command continues from the last checkpoint", err=True)
    sys.exit(status)


def _fail(message: str) -> NoReturn:
    typer.echo(f"cosearch: error: {message}", err=True)
    sys.exit(INPUT_STATUS)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"cosearch {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find a neural network, its bitwidths and the accelerator that runs it, together."""


@app.command()
def search(
    recipe: Annotated[str, typer.Argument(help="A shipped recipe's name, or a YAML file.", show_default=False)],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key: --set train.epochs=3.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run; default runs/RECIPE.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Search, retrain, check and report: every stage of a recipe; continues a run that was killed."""
    from cosearch.cli.search import search_command

    raise typer.Exit(search_command(recipe, overrides or [], out, quiet=quiet or as_json, as_json=as_json))


@app.command(name="accelerate")
def accelerate_(
    model: Annotated[
        Path,
        typer.Argument(help="ONNX, .pt2 of torch.export, a layer file, or a run's folder.", show_default=False),
    ],
    platform: Annotated[str, typer.Option("--platform", help="A name, or a YAML file.", show_default=False)],
    bits: Annotated[
        list[str] | None,
        typer.Option("--bits", metavar="[LAYERS=]N", help="8, or first=8, last=8, 'features.3*=6'; may be repeated."),
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option("--input-shape", metavar="N,C,Y,X", help="Where the file leaves it open.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option("--objective", help="What the accelerator is best at; default fps.")
    ] = None,
    front: Annotated[
        str | None,
        typer.Option("--front", metavar="A,B", help="The whole Pareto front of two metrics: --front fps,dsp."),
    ] = None,
    points: Annotated[
        int | None, typer.Option("--points", help="Of the front, so many points that are far apart; default all.")
    ] = None,
    limits: Annotated[
        list[str] | None, typer.Option("--limit", metavar="LIMIT", help='Such as "dsp<=600"; may be repeated.')
    ] = None,
    allocation: Annotated[
        str | None,
        typer.Option("--allocation", help="single, kind, kind_bits, stage, contiguous or searched."),
    ] = None,
    space: Annotated[str, typer.Option("--space", help="A shipped space, or a YAML file.")] = "broad",
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Fix a part of the space: --set chunk.lanes=16."),
    ] = None,
    clock: Annotated[float | None, typer.Option("--clock", metavar="HERTZ", help="Default the platform's.")] = None,
    engine: Annotated[
        str, typer.Option("--engine", help="exact, differentiable, random, evolutionary or bayesian.")
    ] = "exact",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of engines that sample.")] = 0,
    evaluations: Annotated[
        int | None, typer.Option("--evaluations", help="Chunk designs that an engine that samples may price.")
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Stop with what was found.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also say what 10 % more or less of every resource would change.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder; default runs/MODEL-PLATFORM.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find the best accelerator of a network, or all on a front, with a proof; write design.json and report.html."""
    from cosearch.cli.accelerate import Asked, accelerate_command

    asked = Asked(
        model=model,
        platform=platform,
        bits=bits or [],
        input_shape=input_shape,
        objective=objective,
        front=front,
        points=points,
        limits=limits or [],
        allocation=allocation,
        space=space,
        overrides=overrides or [],
        clock_hertz=clock,
        engine=engine,
        seed=seed,
        evaluations=evaluations,
        seconds=seconds,
        explain=explain,
        out=out,
    )
    raise typer.Exit(accelerate_command(asked, quiet=quiet or as_json, as_json=as_json))


@app.command()
def train(
    run: RunArgument,
    final: Annotated[bool, typer.Option("--final", help="Also read the test set, once per seed.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train the found network from scratch, at the found bits."""
    from cosearch.cli.search import train_command

    raise typer.Exit(train_command(run, final=final, quiet=quiet or as_json, as_json=as_json))


@app.command()
def check(run: RunArgument, quiet: Quiet = False, as_json: Json = False) -> None:
    """Recompute every derived number of a design by integers; exit 1, naming it, on any difference."""
    from cosearch.cli.check import check_command

    raise typer.Exit(check_command(run, quiet=quiet, as_json=as_json))


@app.command()
def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.", show_default=False)], quiet: Quiet = False
) -> None:
    """Write the page of each run: report.html, one file that works offline."""
    from cosearch.cli.report import report_command

    raise typer.Exit(report_command(runs, quiet=quiet))


@app.command()
def handoff(
    run: RunArgument,
    to: Annotated[str, typer.Option("--to", help="Form: layers, the network as a layer file.", show_default=False)],
    quiet: Quiet = False,
) -> None:
    """Write a found design in another tool's form, read it back and compare."""
    from cosearch.cli.handoff import handoff_command

    raise typer.Exit(handoff_command(run, to, quiet=quiet))


@app.command()
def calibrate(
    runs: Annotated[Path, typer.Argument(help="CSV file of measured layer runs.", show_default=False)],
    platform: Annotated[
        str, typer.Option("--platform", help="Platform to begin with: a name or a YAML file.", show_default=False)
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the calibrated platform to a YAML file.")] = None,
    constants: Annotated[
        list[str] | None, typer.Option("--fit", metavar="NAME", help="Fit these constants only; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the folds and of the bootstrap.")] = 0,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fit a platform's overheads, latency, bandwidth and clock to measured runs, with intervals."""
    from cosearch.cli.calibrate import calibrate_command

    raise typer.Exit(calibrate_command(runs, platform, out, constants or [], seed=seed, quiet=quiet, as_json=as_json))


@app.command()
def platforms(as_json: Json = False) -> None:
    """List the platforms that are shipped."""
    from cosearch.cli.platforms import platforms_command

    raise typer.Exit(platforms_command(as_json=as_json))


@app.command()
def validate(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Comparisons; default all.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder of data files; default those shipped.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The page; default runs/validation.html.")] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Hold the model against measurements and other tools; write the page "How wrong is the model?".

    Exit status 0 when all ran, whether targets are met or missed; 2 for an unknown name or missing data.
    """
    from cosearch.cli.validate import validate_command

    raise typer.Exit(validate_command(names or [], data, out, quiet=quiet or as_json, as_json=as_json))
