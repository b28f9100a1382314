// Writes an output tile, beat by beat in memory order: blocks of channels, then pooled rows, then pooled columns.
//
// For every beat the accumulators of its window leave, K words a cycle. A word meets its bias and residual, is clipped,
// pooled, multiplied, shifted with rounding and clamped; eight registers follow, which synthesis may move into that path. The
// first eight cycles fill them; after that they advance whenever the port is not waiting for a burst and no complete
// beat waits for its slots.
module store_engine #(
    parameter K = 4, BEAT = 64, WORDS = 16, A_BITS = 8, FILL = 8   // WORDS: the most words of a beat
) (
    input  wire        clk, reset,
    input  wire        go,
    input  wire [31:0] lanes, rows, columns,             // of the tile, before pooling
    input  wire [31:0] pool_y, pool_x,
    input  wire        pool_sum, relu, has_residual, residual_signed, out_signed,
    input  wire [4:0]  residual_shift, out_bits,
    input  wire [31:0] words,                            // of a beat
    input  wire [31:0] start, plane, line,               // address of the first beat; steps to the next block and row
    input  wire [1:0]  bursts,                           // 0: one in all; 1: one a block; 2: one a block and row
    input  wire [15:0] latency,
    input  wire [6:0]  slots,
    output wire        busy, is_last,
    // Which words leave: K channels of the tile from `channel` on, of the pixel `pixel`.
    output wire [31:0] channel, pixel,
    input  wire [K*32-1:0]     sums,
    input  wire [K*A_BITS-1:0] residuals,
    input  wire [K*64-1:0]     constants,                // {shift, multiplier, bias} of those channels
    output wire        beat,
    output wire [31:0] address,
    output reg  [BEAT-1:0] data, strobe
);
    // What leaves: counters over beats, and over the window and the words of one.
    reg running, draining;
    reg [31:0] block, y, x, wy, wx, word;
    wire [31:0] out_rows = rows / pool_y, out_columns = columns / pool_x;
    wire [31:0] blocks = (lanes + words - 1) / words;
    wire [31:0] in_block = block + 1 == blocks ? lanes - block * words : words;
    wire last_word = word + K >= in_block;
    wire last_wx = last_word && wx + 1 == pool_x;
    wire last_wy = last_wx && wy + 1 == pool_y;
    wire last_x = last_wy && x + 1 == out_columns;
    wire last_y = last_x && y + 1 == out_rows;
    wire last_block = last_y && block + 1 == blocks;
    assign channel = block * words + word;
    assign pixel = (y * pool_y + wy) * columns + x * pool_x + wx;

    // One word through the path.
    integer k;
    reg signed [39:0] value;
    reg signed [39:0] pooled [0:WORDS-1];
    reg signed [39:0] kept [0:K-1];
    reg signed [63:0] scaled;
    reg signed [63:0] low, high;
    reg [K*17-1:0] result;
    reg signed [16:0] residual;
    wire first_of_window = wy == 0 && wx == 0;
    always @* begin
        low = out_signed ? -(64'sd1 <<< (out_bits - 1)) : 64'sd0;
        high = out_signed ? (64'sd1 <<< (out_bits - 1)) - 1 : (64'sd1 <<< out_bits) - 1;
        result = {K*17{1'b0}};
        for (k = 0; k < K; k = k + 1) begin
            residual = {{17-A_BITS{residual_signed & residuals[k*A_BITS + A_BITS - 1]}}, residuals[k*A_BITS +: A_BITS]};
            value = $signed(sums[k*32 +: 32]) + $signed(constants[k*64 +: 32]);
            if (has_residual) value = value + ($signed({{23{residual[16]}}, residual}) <<< residual_shift);
            if (relu && value < 0) value = 0;
            if (!first_of_window && word + k < WORDS) begin
                if (pool_sum) value = value + pooled[word + k];
                else if (pooled[word + k] > value) value = pooled[word + k];
            end
            kept[k] = value;
            scaled = value * $signed(constants[k*64 + 32 +: 18]);
            scaled = (scaled + (64'sd1 <<< (constants[k*64 + 50 +: 6] - 1))) >>> constants[k*64 + 50 +: 6];
            if (scaled < low) scaled = low;
            if (scaled > high) scaled = high;
            result[k*17 +: 17] = scaled[16:0];
        end
    end

    // Eight registers: results, whether they end a beat, and where they belong.
    localparam D = FILL;
    reg [K*17-1:0] results [1:D];
    reg [31:0] word_at [1:D];
    reg [31:0] address_at [1:D];
    reg [31:0] length_at [1:D];
    reg [D:1] there, ends_window, ends_beat, ends_burst, ends_tile;
    reg [4:0] filling;
    wire is_open, may_move;
    wire complete = there[D] && ends_beat[D];
    assign beat = complete && may_move && filling == 0;
    wire advance = running && (filling != 0 || (is_open && (!complete || beat)));
    wire slow = pool_y * pool_x * ((length_at[D] + K - 1) / K) * slots >= 64;
    assign busy = running;
    assign is_last = beat && ends_tile[D];
    assign address = address_at[D];

    meter meter (
        .clk(clk), .reset(reset), .restart(go), .active(running && filling == 0), .latency(latency), .slots(slots),
        .moves(beat), .ends_burst(ends_burst[D]), .forget(slow), .is_open(is_open), .may_move(may_move)
    );

    integer s;
    always @(posedge clk) begin
        if (reset) begin
            running <= 1'b0;
            draining <= 1'b0;
        end else if (go) begin
            running <= 1'b1;
            draining <= 1'b1;
            filling <= FILL;
            there <= {D{1'b0}};
            {block, y, x, wy, wx, word} <= {192{1'b0}};
        end else if (running) begin
            if (is_last) running <= 1'b0;
            if (filling != 0) filling <= filling - 1'b1;
            if (advance) begin
                there <= {there[D-1:1], draining};
                ends_window <= {ends_window[D-1:1], wx + 1 == pool_x && wy + 1 == pool_y};
                ends_beat <= {ends_beat[D-1:1], last_wy};
                ends_burst <= {ends_burst[D-1:1],
                               bursts == 2'd2 ? last_x : bursts == 2'd1 ? last_y : last_block};
                ends_tile <= {ends_tile[D-1:1], last_block};
                results[1] <= result;
                word_at[1] <= word;
                length_at[1] <= in_block;
                address_at[1] <= start + block * plane + y * line + x;
                for (s = 2; s <= D; s = s + 1) begin
                    results[s] <= results[s-1];
                    word_at[s] <= word_at[s-1];
                    length_at[s] <= length_at[s-1];
                    address_at[s] <= address_at[s-1];
                end
                for (s = 0; s < K; s = s + 1) if (word + s < WORDS) pooled[word + s] <= kept[s];
                if (draining) begin
                    word <= last_word ? 0 : word + K;
                    if (last_word) wx <= last_wx ? 0 : wx + 1;
                    if (last_wx) wy <= last_wy ? 0 : wy + 1;
                    if (last_wy) x <= last_x ? 0 : x + 1;
                    if (last_x) y <= last_y ? 0 : y + 1;
                    if (last_y) block <= block + 1;
                    if (last_block) draining <= 1'b0;
                end
            end
        end
    end

    // Words of the beat that is being gathered; the last ones come with the cycle in which it moves.
    reg [16:0] gathered [0:WORDS-1];
    integer w;
    always @(posedge clk) begin
        if (advance && there[D] && ends_window[D] && !ends_beat[D])
            for (w = 0; w < K; w = w + 1)
                if (word_at[D] + w < WORDS) gathered[word_at[D] + w] <= results[D][w*17 +: 17];
    end
    reg [16:0] one;
    integer b;
    always @* begin
        data = {BEAT{1'b0}};
        strobe = {BEAT{1'b0}};
        for (w = 0; w < WORDS; w = w + 1) begin
            one = w >= word_at[D] && w < word_at[D] + K ? results[D][(w - word_at[D])*17 +: 17] : gathered[w];
            for (b = 0; b < 16; b = b + 1)
                if (w < length_at[D] && b < out_bits && w * out_bits + b < BEAT) begin
                    data[w * out_bits + b] = one[b];
                    strobe[w * out_bits + b] = 1'b1;
                end
        end
    end
endmodule
