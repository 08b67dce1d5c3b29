/* ports.c: the round of an operator with several ports: keep what arrives, hand it out in order.
 *
 * Batches arrive port by port, each port in seq order; (seq, port) is the one order that does not
 * depend on how the round was cut. Owns the lists, in the batch arena; batches are the round's. */
#include "op/op_int.h"

#include <assert.h>

struct OpKept {
    Batch *batch;
    int at; /* the next row to hand out */
    OpKept *next;
};

void op_ports_keep(OpPorts *p, Arena *a, int port, Batch *b)
{
    assert(port == 0 || port == 1);
    OpKept *kept = ARENA_NEW(a, OpKept);
    kept->batch = b;
    if (p->last[port])
        p->last[port]->next = kept;
    else
        p->first[port] = kept;
    p->last[port] = kept;
}

static void ports_step(OpPorts *p, int port)
{
    OpKept *kept = p->first[port];
    if (++kept->at < kept->batch->rows)
        return;
    p->first[port] = kept->next;
    if (!kept->next)
        p->last[port] = NULL;
}

bool op_ports_next(OpPorts *p, int *port, Batch **b, int *row)
{
    const OpKept *left = p->first[0], *right = p->first[1];
    if (!left && !right)
        return false;
    *port = !left || (right && right->batch->seq[right->at] < left->batch->seq[left->at]);
    const OpKept *kept = p->first[*port];
    *b = kept->batch;
    *row = kept->at;
    ports_step(p, *port);
    return true;
}
