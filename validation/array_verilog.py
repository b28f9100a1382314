"""Verilog of what an array needs beside plain lanes, at the widths asked for, for `lut_costs.py`.

Packed products, the choice among pixels, the rotation of input words, lanes that take maxima. Pipelined like the
parts of `lut_verilog.py`: every stage ends in registers.
"""

SHIFT = 16
"""Bits between two packed operands: the lower product fits below, and both fit the 25-bit port of a DSP48E1."""


def packed_lanes(weight_bits: int, activation_bits: int, reduction: int) -> str:
    """Two lanes that share their activations and slices, ``(w1 << 16) + w2`` times each of them.

    Below zero, the lower product borrows from the upper one. Each adder of the upper lane gives one borrow back as
    its carry, and the accumulator the last.
    """
    own, shared, product = weight_bits, activation_bits, weight_bits + activation_bits
    lines = [
        f"module part(input clk, input first, input [{2 * own * reduction - 1}:0] w,",
        f"  input [{shared * reduction - 1}:0] a, input [63:0] old, output reg signed [31:0] low, high);",
        f"reg [{2 * own * reduction - 1}:0] wr; reg [{shared * reduction - 1}:0] ar, as;",
        "always @(posedge clk) begin wr <= w; ar <= a; as <= ar; end",
    ]
    for i in range(reduction):
        upper, lower = (f"$signed(wr[{own * k} +: {own}])" for k in (2 * i + 1, 2 * i))
        lines += [
            f"reg signed [{SHIFT + own}:0] b{i}; reg signed [{SHIFT + product - 1}:0] p{i};",
            f"always @(posedge clk) begin b{i} <= ({upper} <<< {SHIFT}) + {lower};",
            f"  p{i} <= b{i} * $signed(as[{shared * i} +: {shared}]); end",
            f"wire signed [{product - 1}:0] l{i} = p{i}[0 +: {product}], h{i} = p{i}[{SHIFT} +: {product}];",
            f"wire c{i} = p{i}[{SHIFT - 1}];",
        ]
    lines += _tree([(f"l{i}", "1'b0") for i in range(reduction)], product, "low", "old[0 +: 32]")
    lines += _tree([(f"h{i}", f"c{i}") for i in range(reduction)], product, "high", "old[32 +: 32]")
    return "\n".join([*lines, "endmodule", ""])


def _tree(terms: list[tuple[str, str]], bits: int, total: str, old: str) -> list[str]:
    """A registered adder tree over terms with their carries, then the accumulator `total`."""
    lines: list[str] = []
    level = 0
    while len(terms) > 1:
        level += 1
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = []
        for i, addends in enumerate(pairs):
            name, carry = f"{total}_{level}_{i}", f"{total}_{level}_{i}c"
            lines += [f"reg signed [{bits + level - 1}:0] {name}; reg {carry};"]
            lines += [f"wire signed [{bits + level}:0] {name}_w = {_sum(*addends)};"]
            lines += [f"always @(posedge clk) begin {name} <= {name}_w >>> 1; {carry} <= {addends[0][1]}; end"]
            terms.append((name, carry))
    (name, carry) = terms[0]
    lines += [f"wire signed [31:0] {total}_start = first ? 32'sd0 : {old};"]
    lines += [f"wire signed [32:0] {total}_w = {_sum((f'{total}_start', carry), (name, carry))};"]
    return [*lines, f"always @(posedge clk) {total} <= {total}_w >>> 1;"]


def _sum(a: tuple[str, str], b: tuple[str, str] | None = None) -> str:
    """Twice a sum with the carry of its last term: an adder of one bit more, whose lowest bit makes the carry."""
    if b is None:
        return f"$signed({{{a[0]}, 1'b0}})"
    return f"$signed({{{a[0]}, {b[1]}}}) + $signed({{{b[0]}, {b[1]}}})"


def selector(words: int, word_bits: int) -> str:
    """One word of several, as the store path takes the sums of one pixel of a row: a registered tree of four each."""
    n, lines, source, left, stage = word_bits, [], "xr", words, 0
    while left > 1:
        groups = [range(i, min(i + 4, left)) for i in range(0, left, 4)]
        lines.append(f"reg [{n * len(groups) - 1}:0] s{stage}; reg [1:0] c{stage};")
        lines.append(f"always @(posedge clk) begin c{stage} <= choice[{2 * stage} +: 2];")
        for i, group in enumerate(groups):
            value = f"{source}[{n * group[-1]} +: {n}]"
            for k in reversed(range(len(group) - 1)):
                value = f"c{stage} == {k} ? {source}[{n * group[k]} +: {n}] : {value}"
            lines.append(f"  s{stage}[{n * i} +: {n}] <= {value};")
        lines.append("end")
        source, left, stage = f"s{stage}", len(groups), stage + 1
    head = f"module part(input clk, input [7:0] choice, input [{n * words - 1}:0] x, output [{n - 1}:0] y);"
    declared = f"reg [{n * words - 1}:0] xr; always @(posedge clk) xr <= x;"
    return "\n".join([head, declared, *lines, f"assign y = {source};", "endmodule", ""])


def rotator(words: int, word_bits: int) -> str:
    """Words of as many banks turned to the multipliers that want them: stages of four choices each."""
    n, lines, source, step, stage = word_bits, [], "xr", 1, 0
    declared = [f"reg [{n * words - 1}:0] xr; always @(posedge clk) xr <= x;"]
    while step < words:
        out, choices = f"s{stage}", [step * k for k in range(4) if step * k < words]
        declared.append(f"reg [{n * words - 1}:0] {out}; reg [1:0] c{stage};")
        lines += [f"always @(posedge clk) begin c{stage} <= turn[{2 * stage} +: 2];", f"  case (c{stage})"]
        for k, turned in enumerate(choices):
            parts = [f"{source}[{n * ((i + turned) % words)} +: {n}]" for i in reversed(range(words))]
            label = "default" if k == len(choices) - 1 else f"2'd{k}"
            lines.append(f"    {label}: {out} <= {{{', '.join(parts)}}};")
        lines.append("  endcase end")
        source, step, stage = out, 4 * step, stage + 1
    head = f"module part(input clk, input [7:0] turn, input [{n * words - 1}:0] x, output [{n * words - 1}:0] y);"
    return "\n".join([head, *declared, *lines, f"assign y = {source};", "endmodule", ""])


def pooling_lane(weight_bits: int, activation_bits: int, reduction: int) -> str:
    """A lane whose tree and accumulator add or take the larger, for layers that pool in the array."""
    product, names = weight_bits + activation_bits, [f"p{i}" for i in range(reduction)]
    lines = [
        f"module part(input clk, input first, input larger, input [{weight_bits * reduction - 1}:0] w,",
        f"  input [{activation_bits * reduction - 1}:0] a, input signed [31:0] old, output reg signed [31:0] sum);",
        f"reg [{weight_bits * reduction - 1}:0] wr; reg [{activation_bits * reduction - 1}:0] ar; reg m;",
        "always @(posedge clk) begin ar <= a; m <= larger;",
        f"  wr <= larger ? {{{reduction}{{{weight_bits}'d1}}}} : w; end",
    ]
    for i, name in enumerate(names):
        factors = f"$signed(wr[{weight_bits * i} +: {weight_bits}])"
        factors += f" * $signed(ar[{activation_bits * i} +: {activation_bits}])"
        lines += [f"reg signed [{product - 1}:0] {name};", f"always @(posedge clk) {name} <= {factors};"]
    level = 0
    while len(names) > 1:
        level += 1
        pairs = [names[i : i + 2] for i in range(0, len(names), 2)]
        names = [f"t{level}_{i}" for i in range(len(pairs))]
        for name, terms in zip(names, pairs, strict=True):
            value = terms[0] if len(terms) == 1 else _add_or_larger(*terms)
            lines += [f"reg signed [{product + level - 1}:0] {name};", f"always @(posedge clk) {name} <= {value};"]
    lines += [
        "reg signed [31:0] term, so_far; reg f; wire keep = ~f & (so_far > term);",
        f"always @(posedge clk) begin f <= first; so_far <= old; term <= {names[0]};",
        "  sum <= m ? (keep ? so_far : term) : (f ? 32'sd0 : so_far) + term; end",
    ]
    return "\n".join([*lines, "endmodule", ""])


def _add_or_larger(a: str, b: str) -> str:
    return f"(m ? ({a} > {b} ? {a} : {b}) : {a} + {b})"


def table(out_bits: int) -> str:
    """A table of 256 words, written and read at one address: an activation by its 8-bit argument."""
    n = out_bits
    return f"""module part(input clk, input write, input [7:0] entry, input [{n - 1}:0] value, input [7:0] x,
  output reg [{n - 1}:0] y);
(* ram_style = "distributed" *) reg [{n - 1}:0] words [0:255];
reg [7:0] entry_r, x_r; reg [{n - 1}:0] value_r; reg w;
wire [7:0] address = w ? entry_r : x_r;
always @(posedge clk) begin
  entry_r <= entry; x_r <= x; value_r <= value; w <= write;
  if (w) words[address] <= value_r;
  y <= words[address];
end
endmodule
"""
