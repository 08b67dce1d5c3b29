/* sim_disk.h: the disk of the simulation: StoreDisk in memory, with a failure at any step.
 *
 * A SimDisk is the medium and survives the process; the StoreDisk handles opened on it are the
 * process's connections. What is committed is an image that never changes; a write transaction
 * works on a copy and a snapshot holds on to one, so a crash, a rollback and a reader in the past
 * are all the same thing: another image. Joined with a simulated log in its joint dress, the two
 * become durable in one step. Single-threaded. */
#ifndef OXBOW_STORE_SIM_DISK_H
#define OXBOW_STORE_SIM_DISK_H

#include "log/sim.h"
#include "store/store.h"

typedef struct SimDisk SimDisk;

SimDisk *sim_disk_new(SimPlan *plan);
void sim_disk_free(SimDisk *d); /* when its handles are closed */
/* From now on the log's joint transaction ends with this disk's. */
void sim_disk_join(SimDisk *d, Log *log);
StoreDisk *sim_disk_open(SimDisk *d);
/* The process died: what is not committed is gone. Handles must be closed before. */
void sim_disk_crash(SimDisk *d);
/* The medium is gone: everything is. */
void sim_disk_wipe(SimDisk *d);

#endif
