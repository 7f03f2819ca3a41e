"""Who is heard: of all streams the loudest few, steadily chosen, so that nobody else has to be decoded."""

cdef enum:
    LOUDNESS_FULL = 127            # loudness = 127 - RFC 6464 level: 0 is silence

cdef struct Speaker:
    int claimed                    # loudest since the last tick by the sender's own levels; -1 = no packet
    int last                       # the claim before it
    int stale                      # ticks without a packet
    float measured                 # loudness of the sound last decoded
    float loudness                 # smoothed: by it speakers are compared
    int quiet                      # ticks in a row in which neither claim nor sound was speech
    int silent                     # ticks in a row in which the sound was none, whatever was claimed
    int held                       # ticks since it was chosen
    int distrusted                 # ticks for which claims are not believed
    bint by_sound                  # the sender tells no level
    bint wanted                    # somebody would hear it
    bint chosen

cdef void speaker_init(Speaker* speaker) noexcept nogil
# A packet came: its RFC 6464 level 0 ... 127, or below 0 when it tells none.
cdef void speaker_packet(Speaker* speaker, int level) noexcept nogil
# Its sound has to be decoded to be judged at all.
cdef bint speaker_needs_sound(const Speaker* speaker) noexcept nogil
# One tick; level: RFC 6464 of the sound decoded in it, below 0 when none was.
cdef void speaker_tick(Speaker* speaker, int level) noexcept nogil
# Whether it counted as speech in this tick.
cdef bint speaker_speaks(const Speaker* speaker) noexcept nogil
# Chooses anew, at most `most`. True when anything changed.
cdef bint speakers_choose(Speaker** speakers, int count, int most) noexcept nogil
