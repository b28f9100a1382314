"""Verilog of the parts of a chunk, at the widths asked for, for `lut_costs.py`.

These are generators for counting, pipelined the way the real thing would be: every adder of a tree is registered,
every product has registers before and after it, and program values come from registers that synthesis cannot fold.
"""

ACCUMULATOR_BITS = 32
MULTIPLIER_BITS = 18
"""Signed requantisation multiplier: what one side of a DSP slice takes."""
STORED_WIDTHS = (4, 6, 8, 16)
"""Widths at which tensors may be stored, beside the chunk's own, on a chunk of at least that width."""


def multiplier(a_bits: int, b_bits: int) -> str:
    """A registered signed product."""
    return f"""module part(input clk, input [{a_bits - 1}:0] a, input [{b_bits - 1}:0] b,
  output reg signed [{a_bits + b_bits - 1}:0] y);
reg signed [{a_bits - 1}:0] ar; reg signed [{b_bits - 1}:0] br;
always @(posedge clk) begin ar <= a; br <= b; y <= ar * br; end
endmodule
"""


def lane(weight_bits: int, activation_bits: int, reduction: int) -> str:
    """C products, a registered adder tree and the accumulation onto a read partial sum."""
    product, names = weight_bits + activation_bits, [f"p{i}" for i in range(reduction)]
    lines = [
        f"module part(input clk, input first, input [{weight_bits * reduction - 1}:0] w,",
        f"  input [{activation_bits * reduction - 1}:0] a, input [31:0] old, output reg signed [31:0] sum);",
        f"reg [{weight_bits * reduction - 1}:0] wr; reg [{activation_bits * reduction - 1}:0] ar;",
        "always @(posedge clk) begin wr <= w; ar <= a; end",
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
        for name, pair in zip(names, pairs, strict=True):
            width = min(product + level, ACCUMULATOR_BITS)
            lines += [f"reg signed [{width - 1}:0] {name};", f"always @(posedge clk) {name} <= {' + '.join(pair)};"]
    lines += ["wire signed [31:0] start = first ? 32'sd0 : old;", f"always @(posedge clk) sum <= start + {names[0]};"]
    return "\n".join([*lines, "endmodule", ""])


def store_lane(output_bits: int, partial_sums: int = 0) -> str:
    """Bias, residual, activation, pooling window, requantisation and clamp of one lane.

    With partial sums, the sums so far take the place of the bias, and what is added up may leave as it is.
    """
    n, m = output_bits, MULTIPLIER_BITS
    addend = "(resume ? partial_r : bias_r)" if partial_sums else "bias_r"
    return f"""module part(input clk, input [31:0] acc, input [31:0] bias, input signed [{n - 1}:0] residual,
  input [4:0] residual_shift, input relu, input pool_first, input pool_max, input resume, input [31:0] partial,
  input [{m - 1}:0] multiplier, input [5:0] shift, input signed [{n - 1}:0] low, input signed [{n - 1}:0] high,
  output [31:0] sum, output reg signed [{n - 1}:0] y);
reg signed [31:0] acc_r, bias_r, partial_r, res_r, biased, added, act, pool; assign sum = biased;
reg signed [{n - 1}:0] residual_r; reg signed [{m - 1}:0] m_r; reg signed [{32 + m - 1}:0] product;
reg signed [{32 + m - 1}:0] shifted, rounded;
always @(posedge clk) begin
  acc_r <= acc; bias_r <= bias; partial_r <= partial; residual_r <= residual; m_r <= multiplier;
  biased <= acc_r + {addend};
  res_r <= residual_r <<< residual_shift;
  added <= biased + res_r;
  act <= (relu && added[31]) ? 32'sd0 : added;
  pool <= pool_first ? act : pool_max ? (act > pool ? act : pool) : pool + act;
  product <= pool * m_r;
  shifted <= product >>> shift;
  rounded <= (shifted + 1) >>> 1;
  y <= rounded > high ? high : rounded < low ? low : rounded[{n - 1}:0];
end
endmodule
"""


def steering(activation_bits: int) -> str:
    """The choice between the word that all lanes share and the lane's own."""
    n = activation_bits
    return f"""module part(input clk, input own, input [{n - 1}:0] a, input [{n - 1}:0] b, output reg [{n - 1}:0] y);
reg [{n - 1}:0] ar, br;
always @(posedge clk) begin ar <= a; br <= b; y <= own ? br : ar; end
endmodule
"""


def unpacker(word_bits: int, beat_bits: int) -> str:
    """Words of a buffer out of beats that hold them at one of the stored widths."""
    widths = _widths(word_bits)
    most = beat_bits // widths[0]
    choices: list[str] = []
    for width in widths:
        words = [_extended(width * i, width, word_bits) for i in range(beat_bits // width)]
        choices.append(f"{{{', '.join(reversed(words))}}}")
    ports = f"input [{beat_bits - 1}:0] beat, output reg [{most * word_bits - 1}:0] words"
    return _choice(ports, f"reg [{beat_bits - 1}:0] beat_r;", "beat_r <= beat;", ("words", most * word_bits), choices)


def packer(word_bits: int, beat_bits: int, sums: int) -> str:
    """Beats out of the store path's words, at one of the stored widths, and of partial sums where there are any."""
    widths = _widths(word_bits)
    num_bits = beat_bits // widths[0] * word_bits
    choices: list[str] = []
    for width in widths:
        words = [f"words_r[{word_bits * i} +: {width}]" for i in range(beat_bits // width)]
        choices.append(f"{{{', '.join(reversed(words))}}}")
    ports = f"input [{num_bits - 1}:0] words, input [{beat_bits - 1}:0] sums, output reg [{beat_bits - 1}:0] beat"
    registers = f"reg [{num_bits - 1}:0] words_r; reg [{beat_bits - 1}:0] sums_r;"
    load, all_of_them = "words_r <= words; sums_r <= sums;", choices + (["sums_r"] if sums else [])
    return _choice(ports, registers, load, ("beat", beat_bits), all_of_them)


def _choice(ports: str, registers: str, load: str, out: tuple[str, int], choices: list[str]) -> str:
    """A register that takes one of several values: of up to four at once, of more in two stages."""
    out_name, out_bits = out
    groups = [choices[:4], choices[4:]] if len(choices) > 4 else [choices]
    lines = [f"module part(input clk, input [2:0] mode, {ports});", f"{registers} reg [2:0] m; reg late;"]
    lines.append(f"always @(posedge clk) begin {load} m <= mode; late <= m[2]; end")
    names = [out_name] if len(groups) == 1 else ["early", "later"]
    for name, group in zip(names, groups, strict=True):
        if name != out_name:
            lines.append(f"reg [{out_bits - 1}:0] {name};")
        bits = max(1, (len(group) - 1).bit_length())
        labels = [f"{bits}'d{mode}" for mode in range(len(group) - 1)] + ["default"]
        lines.append(f"always @(posedge clk) case (m[{bits - 1}:0])")
        lines += [f"  {label}: {name} <= {value};" for label, value in zip(labels, group, strict=True)]
        lines.append("endcase")
    if len(groups) > 1:
        lines.append(f"always @(posedge clk) {out_name} <= late ? later : early;")
    return "\n".join([*lines, "endmodule", ""])


def leg(beat_bits: int) -> str:
    """One leg of the way to the shared port: the chunk's request and beat, or the others'."""
    n = beat_bits + 40
    return f"""module part(input clk, input granted, input [{n - 1}:0] own, input [{n - 1}:0] others,
  output reg [{n - 1}:0] port);
reg [{n - 1}:0] own_r; reg g;
always @(posedge clk) begin own_r <= own; g <= granted; port <= g ? own_r : others; end
endmodule
"""


def _widths(word_bits: int) -> list[int]:
    """Widths at which a tensor may be stored, up to the chunk's own."""
    return sorted({w for w in STORED_WIDTHS if w <= word_bits} | {word_bits})


def _extended(start: int, width: int, to_bits: int) -> str:
    fill = to_bits - width
    word = f"beat_r[{start} +: {width}]"
    return f"{{{{{fill}{{beat_r[{start + width - 1}]}}}}, {word}}}" if fill else word


def control(counter_bits: int) -> str:
    """Controller of one chunk: tile walkers, compute nest, burst engines, all programmed by registers.

    Three walkers step through the tiles (read engine, array, store), each with sizes of edge tiles; the array has six
    inner loops and generators of three buffer addresses and two input coordinates for padding; each of four DRAM
    streams has generators of tile and burst addresses of 32 bits, and meters its slots.
    """
    n = counter_bits
    walkers = "\n".join(f"walker #({n}) t{i}(clk, go[{i}], prog, size{i}, lv{i});" for i in range(3))
    wires = "\n".join(f"wire [{5 * n - 1}:0] size{i}; wire [4:0] lv{i};" for i in range(3))
    level = {"i": 0, "w": 0, "r": 0, "o": 2}
    engines = "\n".join(
        f"wire [47:0] out{name};\n"
        f"engine #({n}) e{name}(clk, go[{i + 4}], lv{level[name]}, size{level[name]}, prog, out{name});"
        for i, name in enumerate("iwro")
    )
    return f"""{_NEST}
{_WALKER}
{_ENGINE}
module part(input clk, input program_in, input [7:0] go, output reg [63:0] y);
reg [1023:0] prog; always @(posedge clk) prog <= {{prog[1022:0], program_in}};
{wires}
{walkers}
wire [5:0] lv; nest #(6, {n}) inner(clk, go[3], size1[{5 * n - 1}:0], prog[700 +: {n}], lv);
wire [13:0] ai, aw, ao; wire [{n}:0] iy, ix;
agu #(6, 14) gi(clk, go[3], lv, prog[0 +: 84], ai); agu #(6, 14) gw(clk, go[3], lv, prog[84 +: 84], aw);
agu #(6, 14) go_(clk, go[3], lv, prog[168 +: 84], ao);
agu #(6, {n + 1}) gy(clk, go[3], lv, prog[252 +: {6 * (n + 1)}], iy);
agu #(6, {n + 1}) gx(clk, go[3], lv, prog[352 +: {6 * (n + 1)}], ix);
wire pad = iy[{n}] | ix[{n}] | (iy[{n - 1}:0] >= prog[460 +: {n}]) | (ix[{n - 1}:0] >= prog[480 +: {n}]);
{engines}
always @(posedge clk) y <= {{outi ^ outw ^ outr ^ outo, 16'd0}} ^ {{pad, ai, aw, ao}};
endmodule
"""


_NEST = """module nest #(parameter L = 5, N = 12) (input clk, input step,
  input [5*N-1:0] bound5, input [N-1:0] bound1, output [L-1:0] level);
wire [6*N-1:0] bound = {bound1, bound5};
reg [N-1:0] count [0:L-1]; wire [L:0] carry; assign carry[0] = step;
genvar i; generate for (i = 0; i < L; i = i + 1) begin : loop
  wire last = count[i] + 1'b1 == bound[N*i +: N];
  assign carry[i+1] = carry[i] & last; assign level[i] = carry[i] & ~last;
  always @(posedge clk) if (carry[i]) count[i] <= last ? {N{1'b0}} : count[i] + 1'b1;
end endgenerate
endmodule
module agu #(parameter L = 5, A = 32) (input clk, input step, input [L-1:0] level, input [L*A-1:0] stride,
  output reg [A-1:0] address);
integer i; reg [A-1:0] jump;
always @* begin jump = {A{1'b0}}; for (i = 0; i < L; i = i + 1) if (level[i]) jump = stride[A*i +: A]; end
always @(posedge clk) if (step) address <= address + jump;
endmodule"""

_WALKER = """module walker #(parameter N = 12) (input clk, input step, input [1023:0] prog, output [5*N-1:0] size,
  output [4:0] level);
nest #(5, N) tiles(clk, step, prog[0 +: 5*N], {N{1'b0}}, level);
genvar i; generate for (i = 0; i < 5; i = i + 1) begin : dim
  reg [N-1:0] left; wire edge_ = left < prog[100 + N*i +: N];
  assign size[N*i +: N] = edge_ ? left : prog[100 + N*i +: N];
  always @(posedge clk) if (level[i]) left <= edge_ ? prog[200 + N*i +: N] : left - prog[100 + N*i +: N];
end endgenerate
endmodule"""

_ENGINE = """module engine #(parameter N = 12) (input clk, input step, input [4:0] tile_level, input [5*N-1:0] size,
  input [1023:0] prog, output reg [47:0] out);
wire [31:0] base, burst; wire [2:0] level; reg [15:0] beats; reg [7:0] meter; reg running;
agu #(5, 32) tile(clk, |tile_level, tile_level, prog[300 +: 160], base);
nest #(3, N) runs(clk, running, size, {N{1'b0}}, level);
agu #(3, 32) run(clk, running, level, prog[500 +: 96], burst);
wire enough = meter >= 8'd64;
always @(posedge clk) begin
  meter <= enough ? meter - 8'd64 + prog[600 +: 7] : meter + prog[600 +: 7];
  if (step & ~running) beats <= size[0 +: 2*N] >> 4; else if (enough) beats <= beats - 1'b1;
  running <= step | (running & (beats != 0));
  out <= {beats, base + burst};
end
endmodule"""
