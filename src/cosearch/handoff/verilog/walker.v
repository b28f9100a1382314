// The tile after a tile, in the loop order of the mapping, and how large it is.
//
// Combinational: the step after the present one is known while the present one runs. A step is one tile along groups,
// lanes, output rows, output columns and input channels; the reduction is innermost (output-stationary).
module walker #(parameter W = 16) (
    input  wire [W-1:0] num_g, num_m, num_c, num_y, num_x,        // loop bounds
    input  wire [W-1:0] size_m, size_c, size_y, size_x,           // whole tiles
    input  wire         pixels_outer,
    input  wire [W-1:0] g, m, c, y, x,                            // where the present tile starts
    output reg  [W-1:0] next_g, next_m, next_c, next_y, next_x,   // where the next one does
    output wire         ends_reduction,                           // the last reduction step of its output tile
    output reg          ends_layer                                // the last step of all
);
    wire last_c = c + size_c >= num_c;
    wire last_m = m + size_m >= num_m;
    wire last_y = y + size_y >= num_y;
    wire last_x = x + size_x >= num_x;
    wire last_g = g + 1 >= num_g;
    assign ends_reduction = last_c;

    reg carry;
    always @* begin
        {next_g, next_m, next_c, next_y, next_x} = {g, m, c, y, x};
        carry = last_c;
        next_c = last_c ? {W{1'b0}} : c + size_c;
        if (pixels_outer && carry) begin
            next_m = last_m ? {W{1'b0}} : m + size_m;
            carry = last_m;
        end
        if (carry) begin
            next_x = last_x ? {W{1'b0}} : x + size_x;
            carry = last_x;
        end
        if (carry) begin
            next_y = last_y ? {W{1'b0}} : y + size_y;
            carry = last_y;
        end
        if (!pixels_outer && carry) begin
            next_m = last_m ? {W{1'b0}} : m + size_m;
            carry = last_m;
        end
        if (carry) next_g = last_g ? {W{1'b0}} : g + 1'b1;
        ends_layer = carry && last_g;
    end
endmodule
