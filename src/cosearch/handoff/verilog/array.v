// K lanes of C multipliers with their accumulators: one round a cycle, eight pipeline stages.
//
// A round is one pass over the lanes, the input channels, one position of the kernel and one output pixel. A COMPUTE of
// n rounds is busy for n + 8 cycles: the last round's sum is written in the eighth cycle after it was issued.
module array #(
    parameter K = 4, C = 2, I_BITS = 8, W_BITS = 8, DEPTHWISE = 0,
    parameter I_LANES = 2                                // words of an input row: C, or K of a depthwise array
) (
    input  wire        clk, reset,
    input  wire        go,
    input  wire [31:0] lane_rounds, channel_rounds, fy, fx, rows, columns,   // of the tile
    input  wire        first_step,                       // sums begin anew
    output wire        busy, is_last,
    // The round that is issued: its place, for whoever knows where operands lie.
    output reg  [31:0] lane_round, channel_round, ky, kx, row, column,
    // The operands of the round that was issued two cycles ago.
    input  wire [I_LANES*(I_BITS+1)-1:0] inputs,         // one bit wider than stored: signed or not, by then it is signed
    input  wire [K*C*W_BITS-1:0]         weights,
    // Accumulators: read and written in the last stage.
    output wire [31:0] sum_row,
    output wire        sum_write,
    input  wire [K*32-1:0] sums,
    output wire [K*32-1:0] new_sums
);
    reg issue;
    reg [8:1] valid;
    wire last_column = column + 1 == columns;
    wire last_row = last_column && row + 1 == rows;
    wire last_kx = last_row && kx + 1 == fx;
    wire last_ky = last_kx && ky + 1 == fy;
    wire last_channel = last_ky && channel_round + 1 == channel_rounds;
    wire last_lane = last_channel && lane_round + 1 == lane_rounds;
    assign busy = issue || |valid;
    assign is_last = valid[8] && !issue && valid[7:1] == 7'd0;

    always @(posedge clk) begin
        if (reset) begin
            issue <= 1'b0;
            valid <= 8'd0;
        end else begin
            issue <= go || (issue && !last_lane);
            valid <= {valid[7:1], issue};
        end
        if (go) begin
            {lane_round, channel_round, ky, kx, row, column} <= {192{1'b0}};
        end else if (issue) begin
            column <= last_column ? 0 : column + 1;
            if (last_column) row <= last_row ? 0 : row + 1;
            if (last_row) kx <= last_kx ? 0 : kx + 1;
            if (last_kx) ky <= last_ky ? 0 : ky + 1;
            if (last_ky) channel_round <= last_channel ? 0 : channel_round + 1;
            if (last_channel) lane_round <= lane_round + 1;
        end
    end

    // Where the round's sum lies: pixel by pixel, then lane by lane; counted, since a product would take multipliers.
    reg [31:0] pixel, lane_base;
    always @(posedge clk) begin
        if (go) begin
            {pixel, lane_base} <= {64{1'b0}};
        end else if (issue) begin
            pixel <= last_row ? 0 : pixel + 1;
            if (last_channel) lane_base <= lane_base + pixel + 1;
        end
    end

    // Stages 1 and 2 are the address and the buffers' own register, outside. 3: operands. 4, 5: products, in the
    // registers of the multiplier. 6 to 8: their sum, in a tree of three levels of registers. With the eighth, accumulate.
    reg signed [31:0] product [0:K*C-1];
    reg signed [31:0] product_again [0:K*C-1];
    reg signed [31:0] tree [0:K-1];
    reg signed [31:0] tree_again [0:K-1];
    reg signed [31:0] tree_last [0:K-1];
    reg [I_LANES*(I_BITS+1)-1:0] inputs_held;
    reg [K*C*W_BITS-1:0] weights_held;
    reg [31:0] row_at [1:8];
    reg [8:1] starts_at;
    integer k, c, s;
    reg signed [31:0] total;
    always @(posedge clk) begin
        row_at[1] <= lane_base + pixel;
        starts_at[1] <= first_step && channel_round == 0 && ky == 0 && kx == 0;
        for (s = 2; s <= 8; s = s + 1) begin
            row_at[s] <= row_at[s-1];
            starts_at[s] <= starts_at[s-1];
        end
        inputs_held <= inputs;
        weights_held <= weights;
        for (k = 0; k < K; k = k + 1) begin
            total = 0;
            for (c = 0; c < C; c = c + 1) begin
                product[k*C+c] <= $signed(inputs_held[(DEPTHWISE ? k : c)*(I_BITS+1) +: I_BITS+1])
                                  * $signed(weights_held[(k*C+c)*W_BITS +: W_BITS]);
                product_again[k*C+c] <= product[k*C+c];
                total = total + product_again[k*C+c];
            end
            tree[k] <= total;
            tree_again[k] <= tree[k];
            tree_last[k] <= tree_again[k];
        end
    end

    assign sum_row = row_at[8];
    assign sum_write = valid[8];
    genvar lane;
    generate
        for (lane = 0; lane < K; lane = lane + 1) begin : accumulate
            assign new_sums[lane*32 +: 32] = (starts_at[8] ? 32'd0 : sums[lane*32 +: 32]) + tree_last[lane];
        end
    endgenerate
endmodule
