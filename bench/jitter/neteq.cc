// WebRTC's NetEq as a receiver of `tresen bench jitter`, in simulated time:
//
//     neteq IN.arr OUT.pcm STATS.json FRAMES.csv [--dur-ms=N]
//
// The interface is that of bench/jitter/receiver.py. Built by bench/jitter/neteq.py against Debian's libtgowt-dev (WebRTC of January 2023), with
// the settings WebRTC's own voice receiver uses: 200 packets at most, VAD after decoding, muted state allowed, no delay limits.
//
// Linked with --wrap=opus_decode, so that the time spent in Opus can be told from NetEq's own.

#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/audio/audio_frame.h"
#include "api/audio_codecs/audio_decoder_factory_template.h"
#include "api/audio_codecs/opus/audio_decoder_opus.h"
#include "api/neteq/neteq.h"
#include "modules/audio_coding/neteq/default_neteq_factory.h"
#include "system_wrappers/include/clock.h"
#include "system_wrappers/include/field_trial.h"

namespace {

constexpr int kPullUs = 10'000;
constexpr size_t kPullSamples = 480;
constexpr int kOpusPayloadType = 111;
// Any moment but nought, which parts of WebRTC take for "never".
constexpr int64_t kEpochUs = 1'000'000'000;

int64_t CpuNs() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// What reading the clock costs by itself; each timed decode costs two readings.
double ClockNs() {
  constexpr int kTimes = 10'000;
  const int64_t began = CpuNs();
  for (int n = 0; n < kTimes; n++) CpuNs();
  return static_cast<double>(CpuNs() - began) / kTimes;
}

struct Decodes {
  int64_t calls = 0;
  int64_t cpu_ns = 0;
} decodes;

// One pull, kept until the clock has been read: writing files is no part of what NetEq costs.
struct Frame {
  int16_t pcm[kPullSamples];
  long long timestamp;
  int kind, target_ms, buffered_ms;
};

struct Arrival {
  int64_t at_us;
  const uint8_t* rtp;
  size_t size;
};

uint64_t Little(const uint8_t* from, int bytes) {
  uint64_t value = 0;
  for (int n = bytes; n-- > 0;) value = value << 8 | from[n];
  return value;
}

uint32_t Big(const uint8_t* from, int bytes) {
  uint32_t value = 0;
  for (int n = 0; n < bytes; n++) value = value << 8 | from[n];
  return value;
}

std::vector<Arrival> Records(const std::vector<uint8_t>& file) {
  std::vector<Arrival> found;
  for (size_t at = 8; at + 10 <= file.size();) {
    const size_t size = Little(&file[at + 8], 2);
    if (at + 10 + size > file.size()) break;
    found.push_back({static_cast<int64_t>(Little(&file[at], 8)), &file[at + 10], size});
    at += 10 + size;
  }
  return found;
}

void Insert(webrtc::NetEq& neteq, const Arrival& arrival) {
  const uint8_t* rtp = arrival.rtp;
  if (arrival.size < 12) return;
  size_t start = 12 + 4 * (rtp[0] & 15);
  if ((rtp[0] & 0x10) && start + 4 <= arrival.size) start += 4 + 4 * Big(rtp + start + 2, 2);
  if (start >= arrival.size) return;
  webrtc::RTPHeader header;
  header.markerBit = rtp[1] >> 7;
  header.payloadType = rtp[1] & 127;
  header.sequenceNumber = static_cast<uint16_t>(Big(rtp + 2, 2));
  header.timestamp = Big(rtp + 4, 4);
  header.ssrc = Big(rtp + 8, 4);
  neteq.InsertPacket(header, rtc::ArrayView<const uint8_t>(rtp + start, arrival.size - start));
}

// The left channel; silence where NetEq says that it is, or gives another rate than it was asked for.
void Mono(const webrtc::AudioFrame& frame, bool muted, int16_t* out) {
  if (muted || frame.muted() || frame.samples_per_channel_ != kPullSamples) {
    std::memset(out, 0, kPullSamples * sizeof *out);
    return;
  }
  const int16_t* samples = frame.data();
  for (size_t n = 0; n < kPullSamples; n++) out[n] = samples[n * frame.num_channels_];
}

void WriteStats(FILE* out, const webrtc::NetEqLifetimeStatistics& life, double cpu_s, size_t packets) {
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::fprintf(out, "{\"receiver\": \"NetEq (libtgowt)\", \"packetsReceived\": %zu, \"cpu_s\": %.6f", packets, cpu_s);
  std::fprintf(out, ", \"decodes\": %lld, \"decode_cpu_s\": %.6f, \"clock_ns\": %.1f", static_cast<long long>(decodes.calls),
               decodes.cpu_ns * 1e-9, ClockNs());
  std::fprintf(out, ", \"totalSamplesReceived\": %llu, \"concealedSamples\": %llu", number(life.total_samples_received),
               number(life.concealed_samples));
  std::fprintf(out, ", \"removedSamplesForAcceleration\": %llu, \"insertedSamplesForDeceleration\": %llu",
               number(life.removed_samples_for_acceleration), number(life.inserted_samples_for_deceleration));
  std::fprintf(out, ", \"jitterBufferDelay_ms_sum\": %llu, \"jitterBufferTargetDelay_ms_sum\": %llu, \"jitterBufferEmittedCount\": %llu}\n",
               number(life.jitter_buffer_delay_ms), number(life.jitter_buffer_target_delay_ms), number(life.jitter_buffer_emitted_count));
}

}  // namespace

extern "C" {
int __real_opus_decode(void* decoder, const unsigned char* data, int32_t size, int16_t* pcm, int samples, int fec);

int __wrap_opus_decode(void* decoder, const unsigned char* data, int32_t size, int16_t* pcm, int samples, int fec) {
  const int64_t began = CpuNs();
  const int decoded = __real_opus_decode(decoder, data, size, pcm, samples, fec);
  decodes.cpu_ns += CpuNs() - began;
  decodes.calls++;
  return decoded;
}
}

int main(int count, char** words) {
  if (count < 5) {
    std::fprintf(stderr, "usage: neteq IN.arr OUT.pcm STATS.json FRAMES.csv [--dur-ms=N]\n");
    return 2;
  }
  std::ifstream input(words[1], std::ios::binary);
  const std::vector<uint8_t> file((std::istreambuf_iterator<char>(input)), std::istreambuf_iterator<char>());
  if (file.size() < 8 || std::memcmp(file.data(), "RTPARR1\n", 8) != 0) {
    std::fprintf(stderr, "%s has no arrival records\n", words[1]);
    return 1;
  }
  const std::vector<Arrival> arrivals = Records(file);
  double duration_us = arrivals.empty() ? 0 : static_cast<double>(arrivals.back().at_us);
  for (int n = 5; n < count; n++) {
    if (std::strncmp(words[n], "--dur-ms=", 9) == 0) duration_us = std::atof(words[n] + 9) * 1000;
  }

  webrtc::field_trial::InitFieldTrialsFromString("");
  webrtc::SimulatedClock clock(kEpochUs);
  webrtc::NetEq::Config config;
  config.sample_rate_hz = 48'000;
  config.max_packets_in_buffer = 200;
  config.enable_post_decode_vad = true;
  config.enable_muted_state = true;
  const auto codecs = webrtc::CreateAudioDecoderFactory<webrtc::AudioDecoderOpus>();
  const std::unique_ptr<webrtc::NetEq> neteq = webrtc::DefaultNetEqFactory().CreateNetEq(config, codecs, &clock);
  neteq->EnableVad();
  neteq->SetCodecs({{kOpusPayloadType, webrtc::SdpAudioFormat("opus", 48'000, 2, {{"minptime", "10"}, {"useinbandfec", "1"}})}});

  const auto advance = [&](int64_t to_us) {
    const int64_t by_us = kEpochUs + to_us - clock.TimeInMicroseconds();
    if (by_us > 0) clock.AdvanceTimeMicroseconds(by_us);
  };
  std::vector<Frame> frames(static_cast<size_t>(duration_us / kPullUs) + 1);
  size_t next = 0;
  int64_t now_us = 0;
  webrtc::AudioFrame audio;
  const int64_t began = CpuNs();
  for (Frame& frame : frames) {
    for (; next < arrivals.size() && arrivals[next].at_us <= now_us; next++) {
      advance(arrivals[next].at_us);
      Insert(*neteq, arrivals[next]);
    }
    advance(now_us);
    bool muted = false;
    if (neteq->GetAudio(&audio, &muted) == webrtc::NetEq::kOK) {
      Mono(audio, muted, frame.pcm);
    } else {
      std::memset(frame.pcm, 0, sizeof frame.pcm);
    }
    // NetEq's is the timestamp after what it has just given out.
    const auto after = neteq->GetPlayoutTimestamp();
    frame.timestamp = after ? static_cast<uint32_t>(*after - kPullSamples) : -1LL;
    frame.kind = audio.speech_type_;
    frame.target_ms = neteq->TargetDelayMs();
    frame.buffered_ms = neteq->FilteredCurrentDelayMs();
    now_us += kPullUs;
  }
  const double cpu_s = (CpuNs() - began) * 1e-9;

  FILE* pcm = std::fopen(words[2], "wb");
  FILE* stats = std::fopen(words[3], "w");
  FILE* table = std::fopen(words[4], "w");
  if (!pcm || !stats || !table) {
    std::fprintf(stderr, "cannot write the results\n");
    return 1;
  }
  std::fprintf(table, "t_ms,playout_rtp_ts,op,target_ms,buffered_ms\n");
  for (size_t n = 0; n < frames.size(); n++) {
    const Frame& frame = frames[n];
    std::fwrite(frame.pcm, sizeof *frame.pcm, kPullSamples, pcm);
    std::fprintf(table, "%zu,%lld,%d,%d,%d\n", n * (kPullUs / 1000), frame.timestamp, frame.kind, frame.target_ms, frame.buffered_ms);
  }
  WriteStats(stats, neteq->GetLifetimeStatistics(), cpu_s, arrivals.size());
  const bool written = std::fclose(pcm) == 0;
  return std::fclose(stats) == 0 && std::fclose(table) == 0 && written ? 0 : 1;
}
