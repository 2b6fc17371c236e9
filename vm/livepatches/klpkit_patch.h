/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all test livepatches share: how functions become a patch, and a patch a module. klpkit_demo.c does without it and is
 * written out, as an example for readers; its built form is kept in vectors/, and any line that moves changes the module's build id.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/livepatch.h>

/* One function: the name of the old one as a string, and the new one. */
#define KLPKIT_FUNC(old, new) { .old_name = old, .new_func = new }

/* klpkit_patch: functions of one object. The object is a module's name, or NULL where the functions are in vmlinux. */
#define KLPKIT_FUNCS(object, atomic_replace, ...)				\
	static struct klp_func klpkit_funcs[] = { __VA_ARGS__, { } };		\
	static struct klp_object klpkit_objs[] = {				\
		{ .name = object, .funcs = klpkit_funcs }, { }			\
	};									\
	static struct klp_patch klpkit_patch = {				\
		.mod = THIS_MODULE,						\
		.objs = klpkit_objs,						\
		.replace = atomic_replace,					\
	}

/* The module enables the patch when it is loaded, and does nothing else. */
#define KLPKIT_ENABLED_AT_LOAD							\
	static int __init klpkit_patch_init(void)				\
	{									\
		return klp_enable_patch(&klpkit_patch);				\
	}									\
	static void __exit klpkit_patch_exit(void)				\
	{									\
	}									\
	module_init(klpkit_patch_init);						\
	module_exit(klpkit_patch_exit)

/* What the kernel asks of a livepatch's .modinfo (kernel/module/main.c, check_modinfo_livepatch). */
#define KLPKIT_MARKED								\
	MODULE_LICENSE("GPL");							\
	MODULE_INFO(livepatch, "Y")

/* All of it, for one function of vmlinux. */
#define KLPKIT_PATCH(old, new, atomic_replace)					\
	KLPKIT_FUNCS(NULL, atomic_replace, KLPKIT_FUNC(old, new));		\
	KLPKIT_ENABLED_AT_LOAD;							\
	KLPKIT_MARKED
