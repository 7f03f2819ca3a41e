/* Stands in for RNNoise where its library is not installed: the same functions, and half the sound, one frame late. */
#include <stdlib.h>
#include <string.h>

#ifndef FRAME
#define FRAME 480
#endif

typedef struct { float last[480]; } DenoiseState;

int rnnoise_get_frame_size(void) { return FRAME; }
DenoiseState *rnnoise_create(void *model) { (void)model; return calloc(1, sizeof(DenoiseState)); }
void rnnoise_destroy(DenoiseState *state) { free(state); }
float rnnoise_process_frame(DenoiseState *state, float *out, const float *in)
{
    float now[480];
    memcpy(now, in, sizeof now);
    for (int i = 0; i < 480; i++)
        out[i] = state->last[i] / 2;
    memcpy(state->last, now, sizeof now);
    return now[0] > 0 ? 0.9f : 0.1f;
}
