// SPDX-License-Identifier: GPL-2.0
/* The smallest module that is no livepatch. */
#include <linux/kernel.h>
#include <linux/module.h>

static int __init klpkit_plain_init(void)
{
	pr_info("loaded\n");
	return 0;
}

static void __exit klpkit_plain_exit(void)
{
}

module_init(klpkit_plain_init);
module_exit(klpkit_plain_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("klpkit test: not a livepatch");
