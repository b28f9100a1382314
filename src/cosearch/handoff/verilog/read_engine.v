// Loads, one transfer after another: parameters, weights, inputs, residual; each as bursts of beats.
//
// A transfer is blocks x rows x columns of beats. The engine is busy from the cycle after `go` on, if anything is
// needed; the last cycle of the last transfer raises `is_last`.
module read_engine (
    input  wire        clk, reset,
    input  wire        go,
    input  wire [3:0]  need,                         // which transfers, in the first active cycle: {R, I, W, P}
    input  wire [31:0] p_beats, w_beats,             // linear transfers
    input  wire [31:0] p_start, w_start,
    input  wire [31:0] i_blocks, i_rows, i_columns,  // features
    input  wire [31:0] i_start, i_plane, i_line,     // address of the first beat; steps to the next block and row
    input  wire [1:0]  i_bursts,                     // 0: one in all; 1: one a block; 2: one a block and row
    input  wire [31:0] r_blocks, r_rows, r_columns,
    input  wire [31:0] r_start, r_plane, r_line,
    input  wire [1:0]  r_bursts,
    input  wire [15:0] latency,
    input  wire [6:0]  slots,
    output wire        busy, is_last,
    output wire        beat,                         // a beat arrives in this cycle
    output wire [1:0]  kind,                         // 0 P, 1 W, 2 I, 3 R
    output wire [31:0] address,
    output reg  [31:0] block, row, column            // its place in the transfer
);
    reg fresh;
    reg [3:0] pending;
    wire [3:0] todo = fresh ? need : pending;
    assign busy = |todo;
    assign kind = todo[0] ? 2'd0 : todo[1] ? 2'd1 : todo[2] ? 2'd2 : 2'd3;

    reg [31:0] blocks, rows, columns, start, plane, line;
    reg [1:0] bursts;
    always @* begin
        {blocks, rows, plane, line} = {32'd1, 32'd1, 32'd0, 32'd0};
        bursts = 2'd0;
        columns = p_beats;
        start = p_start;
        case (kind)
            2'd1: begin
                columns = w_beats;
                start = w_start;
            end
            2'd2: begin
                {blocks, rows, columns} = {i_blocks, i_rows, i_columns};
                {start, plane, line} = {i_start, i_plane, i_line};
                bursts = i_bursts;
            end
            2'd3: begin
                {blocks, rows, columns} = {r_blocks, r_rows, r_columns};
                {start, plane, line} = {r_start, r_plane, r_line};
                bursts = r_bursts;
            end
            default: ;
        endcase
    end

    wire last_column = column + 1 == columns;
    wire last_row = row + 1 == rows;
    wire last_block = block + 1 == blocks;
    wire ends_transfer = last_column && last_row && last_block;
    wire ends_burst = bursts == 2'd2 ? last_column : bursts == 2'd1 ? last_column && last_row : ends_transfer;
    wire may_move, is_open;
    assign beat = busy && may_move;
    assign address = start + block * plane + row * line + column;
    wire ends_one = beat && ends_transfer;
    wire [3:0] rest = todo & (todo - 4'd1);
    assign is_last = ends_one && rest == 4'd0;

    meter meter (
        .clk(clk), .reset(reset), .restart(go || ends_one), .active(busy), .latency(latency), .slots(slots),
        .moves(beat), .ends_burst(ends_burst), .forget(1'b0), .is_open(is_open), .may_move(may_move)
    );

    always @(posedge clk) begin
        fresh <= go;
        pending <= ends_one ? rest : todo;
        if (reset) pending <= 4'd0;
        if (reset || go || ends_one) begin
            {block, row, column} <= {32'd0, 32'd0, 32'd0};
        end else if (beat) begin
            column <= last_column ? 32'd0 : column + 1;
            if (last_column) row <= last_row ? 32'd0 : row + 1;
            if (last_column && last_row) block <= block + 1;
        end
        if (go) pending <= 4'd0;
    end
endmodule
