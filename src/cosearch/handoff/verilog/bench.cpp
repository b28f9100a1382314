// Runs layers on the chunk: memory behind the port, program registers, a clock. One process runs many layers, one after
// another on the same chunk, which is reset before the first of them only.
//
// Usage: bench IN OUT [IN OUT ...]. Files are little-endian 32-bit words. IN: number of program registers, burst
// latency, read slots, write slots, whether weights are loaded beforehand, beats of memory; the registers; the memory.
// OUT: cycles, beats read, beats written; the memory afterwards.
#include "Vchunk.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <vector>

double sc_time_stamp() { return 0; }

namespace {

constexpr int kWords = BEAT_BITS / 32;
constexpr uint64_t kMostCycles = 20000000;

// A beat as 32-bit words, whatever type Verilator has given the port.
#if BEAT_BITS == 64
void put(QData& port, const uint32_t* words) { port = uint64_t(words[1]) << 32 | words[0]; }
uint32_t word(const QData& port, int index) { return uint32_t(port >> (32 * index)); }
#else
template <typename Port> void put(Port& port, const uint32_t* words) {
    for (int i = 0; i < kWords; i++) port[i] = words[i];
}
template <typename Port> uint32_t word(const Port& port, int index) { return port[index]; }
#endif

struct Bench {
    Vchunk chunk;
    std::vector<uint32_t> memory;
    uint64_t reads = 0, writes = 0;

    void cycle() {
        chunk.clk = 0;
        chunk.eval();
        uint64_t at = uint64_t(chunk.read_address) * kWords;
        static const uint32_t zeros[kWords] = {};
        put(chunk.read_data, at + kWords <= memory.size() ? &memory[at] : zeros);
        chunk.eval();
        if (chunk.read_beat) reads++;
        if (chunk.write_beat) {
            writes++;
            uint64_t to = uint64_t(chunk.write_address) * kWords;
            for (int i = 0; i < kWords; i++) {
                uint32_t strobe = word(chunk.write_strobe, i);
                memory.at(to + i) = (memory.at(to + i) & ~strobe) | (word(chunk.write_data, i) & strobe);
            }
        }
        chunk.clk = 1;
        chunk.eval();
    }

    bool until_done() {
        for (uint64_t n = 0; n < kMostCycles; n++) {
            cycle();
            if (chunk.done) return true;
        }
        return false;
    }
};

bool read_words(FILE* file, std::vector<uint32_t>& words) {
    return fread(words.data(), 4, words.size(), file) == words.size();
}

int run(Bench& bench, const char* in, const char* out) {
    FILE* file = fopen(in, "rb");
    std::vector<uint32_t> head(6);
    if (!file || !read_words(file, head)) return fprintf(stderr, "%s: cannot be read\n", in), 1;
    std::vector<uint32_t> program(head[0]);
    bench.memory.assign(size_t(head[5]) * kWords, 0);
    if (!read_words(file, program) || !read_words(file, bench.memory)) return fprintf(stderr, "%s: is short\n", in), 1;
    fclose(file);

    Vchunk& chunk = bench.chunk;
    chunk.latency = head[1];
    chunk.read_slots = head[2];
    chunk.write_slots = head[3];
    chunk.write_program = 1;
    for (size_t i = 0; i < program.size(); i++) {
        chunk.program_address = i;
        chunk.program_data = program[i];
        bench.cycle();
    }
    chunk.write_program = 0;
    for (int pass = head[4] ? 0 : 1; pass < 2; pass++) {
        chunk.preload = pass == 0;
        chunk.start = pass == 1;
        bench.reads = bench.writes = 0;
        bench.cycle();
        chunk.preload = chunk.start = 0;
        if (!bench.until_done()) return fprintf(stderr, "%s: does not end\n", in), 1;
    }
    file = fopen(out, "wb");
    if (!file) return fprintf(stderr, "%s: cannot be written\n", out), 1;
    uint32_t result[3] = {chunk.cycles, uint32_t(bench.reads), uint32_t(bench.writes)};
    fwrite(result, 4, 3, file);
    fwrite(bench.memory.data(), 4, bench.memory.size(), file);
    fclose(file);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Bench bench;
    bench.chunk.reset = 1;
    bench.cycle();
    bench.chunk.reset = 0;
    for (int i = 1; i + 1 < argc; i += 2)
        if (run(bench, argv[i], argv[i + 1])) return 1;
    return 0;
}
