// One output-stationary chunk: K lanes of C multipliers, or K depthwise lanes, with two banks for every operand.
//
// A step starts the array on one tile and, in the same cycle, the loads for the tile after it; it ends when both have
// ended. An output tile starts the store of the one before and ends when that has ended too. No cycle is counted
// beforehand: engines work through their rounds, bursts and beats, and the controller goes on when they are done.
module chunk #(
    parameter K = 4,             // lanes
    parameter C = 2,             // multipliers of a lane; 1 if depthwise
    parameter DEPTHWISE = 0,
    parameter RESIDENT = 0,      // weights are loaded once, by `preload`
    parameter I_BITS = 8,        // widest activation
    parameter W_BITS = 8,        // widest weight
    parameter BEAT = 64,         // bits of a beat; a multiple of 64
    parameter WORDS = 16,        // the most words of a beat
    parameter I_ROWS = 4096, W_ROWS = 4096, O_ROWS = 1024,   // rows of ONE bank
    parameter CHANNELS = 256     // output channels whose parameters fit
) (
    input  wire        clk, reset,
    input  wire        write_program,
    input  wire [5:0]  program_address,
    input  wire [31:0] program_data,
    input  wire        preload, start,
    input  wire [15:0] latency,                    // the port's, of a burst
    input  wire [6:0]  read_slots, write_slots,    // of 64
    output wire        done,
    output reg  [31:0] cycles,                     // of the layer, from the start of its setup to its last beat
    output wire        read_beat,
    output wire [31:0] read_address,
    input  wire [BEAT-1:0] read_data,
    output wire        write_beat,
    output wire [31:0] write_address,
    output wire [BEAT-1:0] write_data, write_strobe
);
    `include "program.vh"
    localparam SETUP_CYCLES = 16;
    localparam I_LANES = DEPTHWISE ? K : C;
    localparam IDLE = 3'd0, PRELOAD = 3'd1, SETUP = 3'd2, LOAD = 3'd3, RUN = 3'd4, LAST = 3'd5;

    reg [31:0] p [0:P_NUM-1];
    always @(posedge clk) if (write_program) p[program_address] <= program_data;

    function [31:0] least(input [31:0] a, input [31:0] b);
        least = a < b ? a : b;
    endfunction
    function [31:0] rounds(input [31:0] a, input [31:0] b);
        rounds = (a + b - 1) / b;
    endfunction

    // ---- controller: which tile is computed (cur), loaded (nxt) and stored (st)
    reg [2:0] state;
    reg [4:0] setup;
    reg [31:0] cur_g, cur_m, cur_c, cur_y, cur_x;
    reg [31:0] nxt_g, nxt_m, nxt_c, nxt_y, nxt_x;
    reg [31:0] st_g, st_m, st_y, st_x;
    reg have_next;
    reg i_bank, w_bank, o_bank, r_bank;            // what the array reads, and R loads into
    wire [31:0] after_g, after_m, after_c, after_y, after_x;
    wire nxt_ends_layer, nxt_ends_reduction;
    walker #(.W(32)) walker (
        .num_g(p[P_G]), .num_m(p[P_M]), .num_c(p[P_C]), .num_y(p[P_OY]), .num_x(p[P_OX]),
        .size_m(p[P_TILE_M]), .size_c(p[P_TILE_C]), .size_y(p[P_TILE_OY]), .size_x(p[P_TILE_OX]),
        .pixels_outer(p[P_PIXELS_OUTER][0]), .g(nxt_g), .m(nxt_m), .c(nxt_c), .y(nxt_y), .x(nxt_x),
        .next_g(after_g), .next_m(after_m), .next_c(after_c), .next_y(after_y), .next_x(after_x),
        .ends_reduction(nxt_ends_reduction), .ends_layer(nxt_ends_layer)
    );
    wire cur_ends = cur_c + p[P_TILE_C] >= p[P_C];
    wire loading = state == LOAD;
    wire new_w = have_next && {nxt_g, nxt_m, nxt_c} != {cur_g, cur_m, cur_c};
    wire new_i = have_next && {nxt_y, nxt_x, DEPTHWISE ? {nxt_m, 32'd0} : {nxt_g, nxt_c}}
                 != {cur_y, cur_x, DEPTHWISE ? {cur_m, 32'd0} : {cur_g, cur_c}};

    wire read_busy, read_last, array_busy, array_last, store_busy, store_last;
    wire read_done = !read_busy || read_last;
    wire store_done = !store_busy || store_last;
    wire step_done = read_done && (!array_busy || array_last) && (!cur_ends || store_done);
    wire ends_load = loading && read_done;
    wire ends_step = state == RUN && step_done;
    wire begins_load = state == SETUP && setup == SETUP_CYCLES - 1;
    wire begins_step = ends_load || (ends_step && have_next);
    wire begins_store = ends_step && cur_ends;
    wire next_preload = state == PRELOAD && read_done;
    wire read_go = begins_load || begins_step || (state == IDLE && preload) || (next_preload && !nxt_ends_layer);
    assign done = state == IDLE;

    always @(posedge clk) begin
        if (reset) begin
            state <= IDLE;
        end else case (state)
            IDLE: if (start || preload) begin
                state <= preload ? PRELOAD : SETUP;
                setup <= 5'd0;
                cycles <= 32'd0;
                {nxt_g, nxt_m, nxt_c, nxt_y, nxt_x} <= {160{1'b0}};
                have_next <= 1'b1;
                {i_bank, w_bank, o_bank, r_bank} <= 4'd0;
            end
            PRELOAD: if (next_preload) begin
                {nxt_g, nxt_m, nxt_c, nxt_y, nxt_x} <= {after_g, after_m, after_c, after_y, after_x};
                if (nxt_ends_layer) state <= IDLE;
            end
            SETUP: begin
                setup <= setup + 1'b1;
                if (begins_load) state <= LOAD;
            end
            LOAD: if (ends_load) state <= RUN;
            RUN: if (ends_step && !have_next) state <= LAST;
            LAST: if (store_done) state <= IDLE;
            default: state <= IDLE;
        endcase
        if (state != IDLE && state != PRELOAD) cycles <= cycles + 1;
        if (begins_step) begin
            {cur_g, cur_m, cur_c, cur_y, cur_x} <= {nxt_g, nxt_m, nxt_c, nxt_y, nxt_x};
            {nxt_g, nxt_m, nxt_c, nxt_y, nxt_x} <= {after_g, after_m, after_c, after_y, after_x};
            have_next <= !nxt_ends_layer;
            if (loading || new_i) i_bank <= ~i_bank;
            if ((loading || new_w) && !RESIDENT) w_bank <= ~w_bank;
        end
        if (begins_store) begin
            {st_g, st_m, st_y, st_x} <= {cur_g, cur_m, cur_y, cur_x};
            o_bank <= ~o_bank;
            r_bank <= ~r_bank;
        end
    end

    // ---- what the next step needs from memory
    wire [31:0] nxt_ms = least(p[P_TILE_M], p[P_M] - nxt_m), nxt_cs = least(p[P_TILE_C], p[P_C] - nxt_c);
    wire [31:0] nxt_ys = least(p[P_TILE_OY], p[P_OY] - nxt_y), nxt_xs = least(p[P_TILE_OX], p[P_OX] - nxt_x);
    function [31:0] window_start(input [31:0] at, input [31:0] stride, input [31:0] pad);
        window_start = at * stride > pad ? at * stride - pad : 0;
    endfunction
    function [31:0] window_size(
        input [31:0] at, input [31:0] size, input [31:0] stride, input [31:0] pad, input [31:0] kernel,
        input [31:0] bound
    );
        reg [31:0] first, last;
        begin
            first = window_start(at, stride, pad);
            last = (at + size - 1) * stride + kernel;
            last = last > pad ? least(last - pad, bound) : 0;
            window_size = last > first ? last - first : 0;
        end
    endfunction
    wire [31:0] nxt_top = window_start(nxt_y, p[P_STRIDE_Y], p[P_PAD_Y]);
    wire [31:0] nxt_left = window_start(nxt_x, p[P_STRIDE_X], p[P_PAD_X]);
    wire [31:0] i_rows = window_size(nxt_y, nxt_ys, p[P_STRIDE_Y], p[P_PAD_Y], p[P_FY], p[P_IY]);
    wire [31:0] i_columns = window_size(nxt_x, nxt_xs, p[P_STRIDE_X], p[P_PAD_X], p[P_FX], p[P_IX]);
    wire [31:0] i_channels = DEPTHWISE ? nxt_ms : nxt_cs;
    wire [31:0] i_first = DEPTHWISE ? nxt_m : nxt_g * p[P_C] + nxt_c;
    wire [31:0] i_plane = p[P_IY] * p[P_IX];
    wire [31:0] i_start = p[P_I_BASE] + i_first / p[P_I_WORDS] * i_plane + nxt_top * p[P_IX] + nxt_left;
    wire [1:0] i_bursts = i_columns != p[P_IX] ? 2'd2 : i_rows != p[P_IY] ? 2'd1 : 2'd0;
    wire [31:0] taps = p[P_FY] * p[P_FX];
    wire [31:0] w_start = p[P_W_BASE] + nxt_g * p[P_W_GROUP] + nxt_m / p[P_TILE_M] * p[P_W_ROW]
                          + nxt_c / p[P_TILE_C] * rounds(nxt_ms * p[P_TILE_C] * taps, p[P_W_WORDS]);
    wire [31:0] cur_ms = least(p[P_TILE_M], p[P_M] - cur_m), cur_cs = least(p[P_TILE_C], p[P_C] - cur_c);
    wire [31:0] cur_ys = least(p[P_TILE_OY], p[P_OY] - cur_y), cur_xs = least(p[P_TILE_OX], p[P_OX] - cur_x);
    wire [31:0] r_start = p[P_R_BASE] + ((cur_g * p[P_M] + cur_m) / p[P_R_WORDS] * p[P_OY] + cur_y) * p[P_OX] + cur_x;
    wire [1:0] r_bursts = cur_xs != p[P_OX] ? 2'd2 : cur_ys != p[P_OY] ? 2'd1 : 2'd0;
    wire [3:0] need = state == PRELOAD ? 4'b0010 : {
        !loading && cur_ends && p[P_RESIDUAL][0],
        (loading || new_i) && i_rows != 0 && i_columns != 0,
        (loading || new_w) && !RESIDENT,
        loading
    };
    wire [1:0] kind;
    wire [31:0] block, row, column;
    read_engine read_engine (
        .clk(clk), .reset(reset), .go(read_go), .need(need), .p_beats(p[P_P_BEATS]),
        .w_beats(rounds(nxt_ms * nxt_cs * taps, p[P_W_WORDS])), .p_start(p[P_P_BASE]), .w_start(w_start),
        .i_blocks(rounds(i_channels, p[P_I_WORDS])), .i_rows(i_rows), .i_columns(i_columns), .i_start(i_start),
        .i_plane(i_plane), .i_line(p[P_IX]), .i_bursts(i_bursts),
        .r_blocks(rounds(cur_ms, p[P_R_WORDS])), .r_rows(cur_ys), .r_columns(cur_xs), .r_start(r_start),
        .r_plane(p[P_OY] * p[P_OX]), .r_line(p[P_OX]), .r_bursts(r_bursts), .latency(latency), .slots(read_slots),
        .busy(read_busy), .is_last(read_last), .beat(read_beat), .kind(kind), .address(read_address), .block(block),
        .row(row), .column(column)
    );

    // ---- buffers. A beat fills several words at once: in block RAM, ports of different widths.
    reg signed [I_BITS:0]  inputs [0:2*I_ROWS*I_LANES-1];
    reg        [W_BITS-1:0] weights [0:(RESIDENT ? 1 : 2)*W_ROWS*K*C-1];
    reg        [31:0]       sums [0:2*O_ROWS*K-1];
    reg        [I_BITS-1:0] residuals [0:2*O_ROWS*K-1];
    reg        [63:0]       constants [0:CHANNELS-1];

    wire [31:0] channel_rows = rounds(p[P_C], C), lane_rows = rounds(p[P_M], K);   // of all resident weights
    wire [31:0] nxt_w_row = RESIDENT ? ((nxt_g * lane_rows + nxt_m / K) * channel_rows + nxt_c / C) * taps : 0;
    wire [31:0] nxt_w_step = RESIDENT ? channel_rows : rounds(nxt_cs, C);
    reg [31:0] w_k, w_c, w_tap;                    // the first word of the next beat of weights
    reg [31:0] at_k, at_c, at_tap, at;
    reg [I_BITS:0] word;
    integer i;
    always @(posedge clk) begin
        if (read_beat) case (kind)
            2'd0: for (i = 0; i < BEAT / 64; i = i + 1)
                if (column * (BEAT / 64) + i < CHANNELS) constants[column * (BEAT / 64) + i] <= read_data[i*64 +: 64];
            2'd1: begin
                {at_k, at_c, at_tap} = {w_k, w_c, w_tap};
                for (i = 0; i < WORDS; i = i + 1) if (i < p[P_W_WORDS] && at_k < nxt_ms) begin
                    at = nxt_w_row + (at_k / K * nxt_w_step + at_c / C) * taps + at_tap;
                    at = ((RESIDENT || w_bank ? 0 : W_ROWS) + at) * K * C + at_k % K * C + at_c % C;
                    weights[at] <= signed_word(read_data, i, p[P_W_BITS], 1'b1);
                    at_tap = at_tap + 1;
                    if (at_tap == taps) begin
                        at_tap = 0;
                        at_c = at_c + 1;
                    end
                    if (at_c == nxt_cs) begin
                        at_c = 0;
                        at_k = at_k + 1;
                    end
                end
                {w_k, w_c, w_tap} <= {at_k, at_c, at_tap};
            end
            2'd2: for (i = 0; i < WORDS; i = i + 1)
                if (i < p[P_I_WORDS] && block * p[P_I_WORDS] + i < i_channels) begin
                    at = block * p[P_I_WORDS] + i;
                    at = ((i_bank ? 0 : I_ROWS) + (row * i_columns + column) * rounds(i_channels, I_LANES) + at / I_LANES)
                         * I_LANES + at % I_LANES;
                    inputs[at] <= signed_word(read_data, i, p[P_I_BITS], p[P_I_SIGNED][0]);
                end
            2'd3: for (i = 0; i < WORDS; i = i + 1)
                if (i < p[P_R_WORDS] && block * p[P_R_WORDS] + i < cur_ms) begin
                    at = block * p[P_R_WORDS] + i;
                    at = ((r_bank ? 0 : O_ROWS) + at / K * cur_ys * cur_xs + row * cur_xs + column) * K + at % K;
                    residuals[at] <= signed_word(read_data, i, p[P_R_BITS], p[P_R_SIGNED][0]);
                end
        endcase
        if (read_go) {w_k, w_c, w_tap} <= 96'd0;  // after the beat that ends the transfer before
    end
    function signed [31:0] signed_word(input [BEAT-1:0] beat, input integer index, input [31:0] bits, input is_signed);
        reg [31:0] value;
        begin
            value = beat >> (index * bits);
            value = value << (32 - bits);
            signed_word = is_signed ? $signed(value) >>> (32 - bits) : $signed(value >> (32 - bits));
        end
    endfunction

    // ---- array
    wire [31:0] lane_round, channel_round, ky, kx, a_row, a_column, sum_row;
    wire sum_write;
    wire [K*32-1:0] old_sums, new_sums;
    reg [I_LANES*(I_BITS+1)-1:0] array_inputs;
    reg [K*C*W_BITS-1:0] array_weights;
    array #(.K(K), .C(C), .I_BITS(I_BITS), .W_BITS(W_BITS), .DEPTHWISE(DEPTHWISE), .I_LANES(I_LANES)) array (
        .clk(clk), .reset(reset), .go(begins_step), .lane_rounds(rounds(cur_ms, K)),
        .channel_rounds(rounds(cur_cs, C)), .fy(p[P_FY]), .fx(p[P_FX]), .rows(cur_ys), .columns(cur_xs),
        .first_step(cur_c == 0), .busy(array_busy), .is_last(array_last), .lane_round(lane_round),
        .channel_round(channel_round), .ky(ky), .kx(kx), .row(a_row), .column(a_column), .inputs(array_inputs),
        .weights(array_weights), .sum_row(sum_row), .sum_write(sum_write), .sums(old_sums), .new_sums(new_sums)
    );
    wire [31:0] cur_top = window_start(cur_y, p[P_STRIDE_Y], p[P_PAD_Y]);
    wire [31:0] cur_left = window_start(cur_x, p[P_STRIDE_X], p[P_PAD_X]);
    wire [31:0] cur_columns = window_size(cur_x, cur_xs, p[P_STRIDE_X], p[P_PAD_X], p[P_FX], p[P_IX]);
    wire [31:0] iy = (cur_y + a_row) * p[P_STRIDE_Y] + ky, ix = (cur_x + a_column) * p[P_STRIDE_X] + kx;  // padded
    wire is_inside = iy >= p[P_PAD_Y] && iy - p[P_PAD_Y] < p[P_IY] && ix >= p[P_PAD_X] && ix - p[P_PAD_X] < p[P_IX];
    wire [31:0] pixel_at = (iy - p[P_PAD_Y] - cur_top) * cur_columns + ix - p[P_PAD_X] - cur_left;
    wire [31:0] cur_w_row = RESIDENT ? ((cur_g * lane_rows + cur_m / K) * channel_rows + cur_c / C) * taps : 0;
    wire [31:0] cur_w_step = RESIDENT ? channel_rows : rounds(cur_cs, C);
    reg [31:0] i_at, w_at, i_valid, first_lane, first_channel;
    reg inside_at;
    integer n;
    always @(posedge clk) begin
        // stage 1: addresses
        inside_at <= is_inside;
        i_at <= DEPTHWISE ? pixel_at * rounds(cur_ms, K) + lane_round : pixel_at * rounds(cur_cs, C) + channel_round;
        w_at <= cur_w_row + (lane_round * cur_w_step + channel_round) * taps + ky * p[P_FX] + kx;
        first_lane <= lane_round * K;
        first_channel <= channel_round * C;
        // stage 2: the buffers' own registers; words beyond the tile's channels are zeros
        for (n = 0; n < I_LANES; n = n + 1)
            array_inputs[n*(I_BITS+1) +: I_BITS+1] <=
                inside_at && (DEPTHWISE ? first_lane + n < cur_ms : first_channel + n < cur_cs)
                ? inputs[((i_bank ? I_ROWS : 0) + i_at) * I_LANES + n] : {(I_BITS+1){1'b0}};
        for (n = 0; n < K * C; n = n + 1)
            array_weights[n*W_BITS +: W_BITS] <= weights[((!RESIDENT && w_bank ? W_ROWS : 0) + w_at) * K * C + n];
    end
    genvar lane;
    generate
        for (lane = 0; lane < K; lane = lane + 1) begin : accumulators
            wire [31:0] at_sum = ((o_bank ? O_ROWS : 0) + sum_row) * K + lane;
            assign old_sums[lane*32 +: 32] = sums[at_sum];
            always @(posedge clk) if (sum_write) sums[at_sum] <= new_sums[lane*32 +: 32];
        end
    endgenerate

    // ---- store path
    wire [31:0] st_ms = least(p[P_TILE_M], p[P_M] - st_m);
    wire [31:0] st_ys = least(p[P_TILE_OY], p[P_OY] - st_y), st_xs = least(p[P_TILE_OX], p[P_OX] - st_x);
    wire [31:0] out_rows = p[P_OY] / p[P_POOL_Y], out_columns = p[P_OX] / p[P_POOL_X];
    wire [31:0] st_first = st_g * p[P_M] + st_m;
    wire [31:0] o_start = p[P_O_BASE] + (st_first / p[P_O_WORDS] * out_rows + st_y / p[P_POOL_Y]) * out_columns
                          + st_x / p[P_POOL_X];
    wire [1:0] o_bursts = st_xs != p[P_OX] ? 2'd2 : st_ys != p[P_OY] ? 2'd1 : 2'd0;
    wire [31:0] st_channel, st_pixel;
    reg [K*32-1:0] st_sums;
    reg [K*I_BITS-1:0] st_residuals;
    reg [K*64-1:0] st_constants;
    reg [31:0] ch;
    integer l;
    always @* for (l = 0; l < K; l = l + 1) begin
        // Any K channels in a row can leave at once: every lane's memory has an address of its own.
        ch = st_channel + l;
        st_sums[l*32 +: 32] = sums[((o_bank ? 0 : O_ROWS) + ch / K * st_ys * st_xs + st_pixel) * K + ch % K];
        st_residuals[l*I_BITS +: I_BITS] =
            residuals[((r_bank ? O_ROWS : 0) + ch / K * st_ys * st_xs + st_pixel) * K + ch % K];
        st_constants[l*64 +: 64] = constants[st_first + ch];
    end
    store_engine #(.K(K), .BEAT(BEAT), .WORDS(WORDS), .A_BITS(I_BITS)) store_engine (
        .clk(clk), .reset(reset), .go(begins_store), .lanes(st_ms), .rows(st_ys), .columns(st_xs),
        .pool_y(p[P_POOL_Y]), .pool_x(p[P_POOL_X]), .pool_sum(p[P_POOL_SUM][0]), .relu(p[P_RELU][0]),
        .has_residual(p[P_RESIDUAL][0]), .residual_signed(p[P_R_SIGNED][0]), .out_signed(p[P_O_SIGNED][0]),
        .residual_shift(p[P_RESIDUAL_SHIFT][4:0]), .out_bits(p[P_O_BITS][4:0]), .words(p[P_O_WORDS]),
        .start(o_start), .plane(out_rows * out_columns), .line(out_columns), .bursts(o_bursts), .latency(latency),
        .slots(write_slots), .busy(store_busy), .is_last(store_last), .channel(st_channel), .pixel(st_pixel),
        .sums(st_sums), .residuals(st_residuals), .constants(st_constants), .beat(write_beat),
        .address(write_address), .data(write_data), .strobe(write_strobe)
    );
endmodule
