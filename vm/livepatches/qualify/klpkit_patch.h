/* SPDX-License-Identifier: GPL-2.0 */
/* A livepatch of one function of vmlinux, without the lines that all of them share. */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

#define KLPKIT_PATCH(old, new, atomic_replace)					\
	static struct klp_func klpkit_funcs[] = {				\
		{ .old_name = old, .new_func = new }, { }			\
	};									\
	static struct klp_object klpkit_objs[] = {				\
		{ .funcs = klpkit_funcs }, { }					\
	};									\
	static struct klp_patch klpkit_patch = {				\
		.mod = THIS_MODULE,						\
		.objs = klpkit_objs,						\
		.replace = atomic_replace,					\
	};									\
	static int __init klpkit_init(void)					\
	{									\
		return klp_enable_patch(&klpkit_patch);				\
	}									\
	static void __exit klpkit_exit(void)					\
	{									\
	}									\
	module_init(klpkit_init);						\
	module_exit(klpkit_exit);						\
	MODULE_LICENSE("GPL");							\
	MODULE_INFO(livepatch, "Y")
