/**
 * @file spandsp_dot.c  The one function that spandsp's G.722 calls
 *
 * Debian's libspandsp.a has it in MMX assembly that changes registers without
 * telling the compiler, which then relies on them within that file: a static
 * link crashes in the first frame. Defined here, theirs is not linked.
 */
#include <stdint.h>


int32_t vec_circular_dot_prodi16(const int16_t x[], const int16_t y[], int n,
				 int pos);


/* x is a ring that starts at pos, y is not */
int32_t vec_circular_dot_prodi16(const int16_t x[], const int16_t y[], int n,
				 int pos)
{
	int32_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += (int32_t)x[(pos + i) % n] * y[i];

	return sum;
}
