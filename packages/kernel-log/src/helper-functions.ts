/**
 * Functions that stand on top of a stack because they report, check or carry out what another asked of them: their caller
 * tells more about a fault. Names as of Linux 4.4 to 6.19.
 */
const exact = [
  // the way from a trap to the report
  'dump_stack dump_stack_lvl __dump_stack show_stack dump_backtrace show_trace dump_trace unwind_backtrace',
  'panic __panic vpanic __warn __warn_printk warn_slowpath_fmt warn_slowpath_null warn_slowpath_common report_bug fixup_bug',
  'handle_bug exc_invalid_op asm_exc_invalid_op do_invalid_op invalid_op do_error_trap do_trap die __die die_addr oops_end',
  'bug_handler brk_handler do_debug_exception call_break_hook ubsan_epilogue check_panic_on_warn nmi_panic',
  'program_check_exception program_check_common __show_regs show_regs rust_helper_BUG',
  // stacks and unwinders
  'save_stack_trace arch_stack_walk stack_trace_save return_address __read_once_word_nocheck',
  // preemption and context checks
  'check_preemption_disabled debug_smp_processor_id __this_cpu_preempt_check preempt_count_add preempt_count_sub might_sleep',
  '__might_sleep __might_resched ___might_sleep __might_fault might_fault __schedule_bug',
  // locks
  'down down_read down_write down_read_trylock down_write_trylock down_trylock down_interruptible up_read up_write',
  'osq_lock osq_unlock mutex_remove_waiter reacquire_held_locks rwsem_mark_wake',
  // memory and strings
  'memcpy memmove memset memset_erms memset_orig memcpy_erms memcpy_orig memmove_erms memcmp memchr memscan __memcpy __memmove __memset strcmp strncmp strcasecmp strcpy strlcpy strncpy',
  'strscpy sized_strscpy strlen strnlen strstr strnstr strchr strrchr strlcat strcat read_word_at_a_time',
  // user memory
  'copy_to_user copy_from_user _copy_to_user _copy_from_user __copy_to_user __copy_from_user copy_user_generic',
  // pages, trees, reference counts
  'alloc_page_interleave find_lock_entries truncate_inode_pages truncate_inode_pages_range truncate_inode_pages_final fast_dput dput iput',
  'unlock_page folio_unlock bad_page free_page_is_bad drop_nlink inc_nlink put_device kobject_cleanup _atomic_dec_and_lock',
  '_atomic_dec_and_lock_irqsave hex_dump_to_buffer print_hex_dump lock_timer_base stack_trace_consume_entry',
  // the words a subsystem's own BUG() stands in
  'fortify_panic __fortify_panic __fortify_report skb_panic skb_over_panic skb_under_panic assertfail assfail __phys_addr',
  'skb_push skb_put __skb_pull',
  '__check_heap_object __check_object_size usercopy_abort check_heap_object reiserfs_panic __reiserfs_panic nfs_panic',
  // a fault in the kernel on arm and arm64
  '__do_kernel_fault do_tag_check_fault do_translation_fault do_mem_abort do_page_fault do_bad_area do_DataAbort die_kernel_fault __dabt_svc',
  // waiting
  'wait_for_completion wait_for_completion_timeout wait_for_common __wait_for_common __queue_work queue_work_on',
  // timers and deferred work
  'del_timer del_timer_sync timer_delete timer_delete_sync try_to_grab_pending flush_work __flush_work flush_workqueue',
  '__flush_workqueue drain_workqueue destroy_workqueue cancel_work_sync cancel_delayed_work_sync __cancel_work_timer',
  '__cancel_work_sync finish_wait kthread_stop __wake_up timer_is_static_object work_is_static_object',
  '__wake_up_common __wake_up_common_lock __try_to_del_timer_sync __timer_delete_sync __mod_timer mod_timer add_timer',
  'sk_stop_timer sk_stop_timer_sync sk_reset_timer insert_work __queue_delayed_work queue_delayed_work_on',
  // devices and sysfs
  'kobject_del kobject_put kobject_uevent_env add_uevent_var get_device_parent device_add device_del device_unregister',
  'dpm_sysfs_remove device_release devres_release_all device_destroy device_remove_file device_for_each_child tty_unregister_device i2c_del_adapter __unregister_client',
  'hwrng_unregister dummy_urb_enqueue',
  'usb_kill_urb usb_kill_anchored_urbs usb_control_msg usb_submit_urb usb_hcd_submit_urb usb_hcd_flush_endpoint',
];

const families = [
  '_*(?:sanitizer|asan|kasan|hwasan|msan|kmsan|tsan|kcsan|ubsan|kcov)_', // also __asan_load8, __tsan_read8
  'kasan|kmsan|kcsan|kfence_report',
  'check_memory_region|check_region_inline|print_address_description|print_report|end_report|start_report',
  '_*lockdep|lock_acquire|lock_release|_*lock_acquire|lock_is_held|lock_class|register_lock_class|check_(?:prevs?_|noncircular|irq_usage|deadlock)|mark_held_locks|validate_chain|print_\\w*(?:lock|bug|deadlock|usage|inversion)',
  '_*(?:raw_)?(?:spin|read|write)_(?:try)?(?:un)?lock|do_raw_spin|queued_(?:spin|read|write)_lock|native_queued_spin|pv_queued_spin|__pv_queued',
  '_*mutex_(?:try)?(?:un)?lock|_*rt_mutex|_*ww_mutex|percpu_(?:down|up)_|_*rwsem_|_*down_(?:read|write)',
  '_*refcount_(?:add|sub|inc|dec|set|read|warn)|_*list_(?:add|del|replace|move|splice)',
  '_*(?:un)?safe_|_*(?:get|put)_user|copy_(?:to|from)_(?:user|iter)',
  'v?s?c?n?printf|vsnprintf|vscnprintf|_*(?:down_trylock_)?console_(?:sem|lock|trylock|unlock)|k?v?asprintf|string(?:_nocheck)?$|pointer$|format_decode|_*v?printk|_*dev_(?:info|notice|warn|err|alert|crit|emerg|printk)|_dev_',
  'debug_object|_*debug_check_no_obj|perf_trace_|trace_event_raw|_*x86_indirect_thunk|_*x86_return_thunk|entry_ibpb',
  '_*alloc_(?:frozen_)?pages|_*get_free_pages|kmem_cache_|_*kmem_|_*kmalloc|_*kcalloc|_*kzalloc|_*krealloc|_*kv?free$|free_large_kmalloc|_*kfree_skb|consume_skb|kvmalloc|_*vmalloc|vfree|_*slab_|_*slub_|allocate_slab|new_slab|cache_alloc',
  'rb_(?:erase|insert|next|prev|first)|_*xas_|xa_(?:load|store|erase)|_*radix_tree_|idr_|ref_tracker_|trace_(?:hardirqs|softirqs)_|_*local_bh_|hlock_class|look_up_lock_class|mark_lock',
  '_R\\w{0,80}(?:rust_begin_unwind|4core9panicking)|should_fail|fault_create|el1h?_|warn_alloc|rollback_registered|unregister_netdev|sysfs_remove',
];

const helpers = new Set(exact.flatMap((line) => line.split(' ')));
const helperFamily = new RegExp(`^(?:${families.join('|')})`);

/** True for a function whose caller tells more. */
export function isHelperFunction(name: string): boolean {
  return helpers.has(name) || helperFamily.test(name);
}
