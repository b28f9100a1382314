// The platform's port as an engine sees it: every burst costs its latency, and beats pass as the engine's slots come.
//
// Latency and slots are the port's; how many bursts and beats there are is the chunk's. An active cycle either waits
// for a burst or lets `slots` of a frame's 64 pass; a beat may move in a cycle in which 64 have come together.
module meter (
    input  wire        clk, reset,
    input  wire        restart,      // a transfer begins in the next cycle: its first burst is due, no slot has come
    input  wire        active,
    input  wire [15:0] latency,      // cycles of a burst
    input  wire [6:0]  slots,        // of 64
    input  wire        moves,        // a beat moves in this cycle
    input  wire        ends_burst,   // ... and it is the last of its burst
    input  wire        forget,       // ... and what slots are left over are lost
    output wire        is_open,      // not waiting for a burst
    output wire        may_move
);
    reg [15:0] waiting;
    reg [7:0]  credit;
    wire [7:0] sum = credit + {1'b0, slots};
    assign is_open = active && waiting == 0;
    assign may_move = is_open && sum >= 8'd64;

    always @(posedge clk) begin
        if (reset || restart) begin
            waiting <= latency;
            credit <= 8'd0;
        end else if (active && waiting != 0) begin
            waiting <= waiting - 1'b1;
        end else if (moves) begin
            credit <= forget ? 8'd0 : sum - 8'd64;
            if (ends_burst) waiting <= latency;
        end else if (active) begin
            credit <= sum >= 8'd64 ? 8'd64 : sum;  // a beat that is not there yet lets no slots pile up
        end
    end
endmodule
