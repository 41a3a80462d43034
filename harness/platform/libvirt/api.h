/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's client library, loaded when it is first asked for: virt-qualify runs where there is
 * none. Its functions are members of a table, by their own names:
 *
 *	const struct libvirt_api *lib = libvirt_api(why, size);
 *	virConnectPtr c = lib ? lib->virConnectOpen(uri) : NULL;
 */
#ifndef VQ_LIBVIRT_API_H
#define VQ_LIBVIRT_API_H

#include <libvirt/libvirt-qemu.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stddef.h>

/* Add what you call. */
#define LIBVIRT_FUNCTIONS(F)                                                                       \
	F(virInitialize)                                                                           \
	F(virGetVersion)                                                                           \
	F(virSetErrorFunc)                                                                         \
	F(virGetLastErrorMessage)                                                                  \
	F(virConnectOpen)                                                                          \
	F(virConnectClose)                                                                         \
	F(virDomainDestroy)                                                                        \
	F(virDomainFree)                                                                           \
	F(virDomainRef)                                                                            \
	F(virDomainGetName)                                                                        \
	F(virDomainGetID)                                                                          \
	F(virDomainSuspend)                                                                        \
	F(virDomainResume)                                                                         \
	F(virDomainCreateXML)                                                                      \
	F(virDomainIsActive)                                                                       \
	F(virDomainMigrate3)                                                                       \
	F(virDomainReset)                                                                          \
	F(virDomainMigrateStartPostCopy)                                                           \
	F(virConnectGetDomainCapabilities)                                                         \
	F(virDomainLookupByName)                                                                   \
	F(virDomainPinVcpu)                                                                        \
	F(virConnectDomainEventRegister)                                                           \
	F(virEventRegisterDefaultImpl)                                                             \
	F(virEventRunDefaultImpl)                                                                  \
	F(virDomainRestoreFlags)                                                                   \
	F(virDomainSnapshotCreateXML)                                                              \
	F(virDomainSnapshotFree)                                                                   \
	F(virConnectDomainEventRegisterAny)                                                        \
	F(virConnectRegisterCloseCallback)                                                         \
	F(virConnectGetCapabilities)                                                               \
	F(virConnectGetType)                                                                       \
	F(virDomainOpenConsole)                                                                    \
	F(virStreamNew)                                                                            \
	F(virStreamRecv)                                                                           \
	F(virStreamSend)                                                                           \
	F(virStreamAbort)                                                                          \
	F(virStreamFree)                                                                           \
	F(virStreamEventAddCallback)                                                               \
	F(virStreamEventRemoveCallback)                                                            \
	F(virStreamFinish)                                                                         \
	F(virStoragePoolLookupByName)                                                              \
	F(virStoragePoolFree)                                                                      \
	F(virStorageVolCreateXML)                                                                  \
	F(virStorageVolLookupByName)                                                               \
	F(virStorageVolUpload)                                                                     \
	F(virStorageVolGetPath)                                                                    \
	F(virStorageVolDelete)                                                                     \
	F(virStorageVolFree)                                                                       \
	F(virDomainCreate)                                                                         \
	F(virDomainDefineXML)                                                                      \
	F(virDomainUndefine)                                                                       \
	F(virDomainUndefineFlags)                                                                  \
	F(virDomainManagedSave)                                                                    \
	F(virDomainCreateWithFlags)                                                                \
	F(virGetLastErrorCode)

struct libvirt_api {
#define LIBVIRT_MEMBER(name) __typeof__(&name) name;
	LIBVIRT_FUNCTIONS(LIBVIRT_MEMBER)
#undef LIBVIRT_MEMBER
};

/* NULL with a sentence: what is missing, and how to get it. It no longer prints its errors. */
const struct libvirt_api *libvirt_api(char *why, size_t size);

/* "9.0.0"; "": there is none. */
const char *libvirt_version(void);

/* libvirt's last error in this thread. */
const char *libvirt_error(void);

#endif
