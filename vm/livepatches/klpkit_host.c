// SPDX-License-Identifier: GPL-2.0
/*
 * Not a livepatch: functions that tasks sit in, for klpkit_stall to patch.
 *  - reading /proc/klpkit_wait sleeps in state D inside klpkit_slow() until something is written there
 *  - with kthread=1 a kernel thread never leaves klpkit_kthread_main()
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/wait.h>
#include <linux/kthread.h>

static bool kthread;
module_param(kthread, bool, 0444);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static int generation;
static struct task_struct *worker;

int klpkit_slow(void);
int klpkit_kthread_main(void *unused);

noinline int klpkit_slow(void)
{
	int seen = generation;

	wait_event(queue, generation != seen); /* TASK_UNINTERRUPTIBLE */
	return 1;
}

static ssize_t host_read(struct file *file, char __user *to, size_t size, loff_t *offset)
{
	char text[16];
	int length;

	if (*offset)
		return 0;
	length = scnprintf(text, sizeof(text), "slow=%d\n", klpkit_slow());
	return simple_read_from_buffer(to, size, offset, text, length);
}

static ssize_t host_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	generation++;
	wake_up_all(&queue);
	return size;
}

static const struct proc_ops operations = {
	.proc_read = host_read,
	.proc_write = host_write,
};

noinline int klpkit_kthread_main(void *unused)
{
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 5);
	return 0;
}

static int __init klpkit_host_init(void)
{
	if (!proc_create("klpkit_wait", 0600, NULL, &operations))
		return -ENOMEM;
	if (kthread)
		worker = kthread_run(klpkit_kthread_main, NULL, "klpkit_worker");
	return 0;
}

static void __exit klpkit_host_exit(void)
{
	if (!IS_ERR_OR_NULL(worker))
		kthread_stop(worker);
	remove_proc_entry("klpkit_wait", NULL);
}

module_init(klpkit_host_init);
module_exit(klpkit_host_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("klpkit test: functions that tasks sleep in");
